"""`lstm-edu tasks`."""


def list_tasks() -> None:
    """What there is to learn, with the loss of the best guess without memory."""
    from lstm_edu import tasks

    for name, cls in tasks.TASKS.items():
        try:
            task = cls()
        except ImportError as error:
            print(f"{name:15} ({error})")
            continue
        print(f"{name:15} {task.question}")
        print(f"{'':15} baseline {task.baseline:.4g} ({task.loss.replace('_', ' ')}); {task!r}")
