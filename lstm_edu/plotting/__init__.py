"""Every figure of the package. matplotlib is imported when a figure is drawn, not before."""

from .attention import attention_weights
from .contest import evidence
from .curves import learning_curves
from .diagrams import diagram, diagram_stages, stack, unrolled
from .flow import gradient_flow
from .forecasts import forecast
from .gates import gates_over_time
from .random_search import random_search
from .rates import rate_finder
from .reproduced import reproduced
from .style import save
from .text import TextStates, text_states

__all__ = [
    "TextStates",
    "attention_weights",
    "diagram",
    "diagram_stages",
    "evidence",
    "forecast",
    "gates_over_time",
    "gradient_flow",
    "learning_curves",
    "random_search",
    "rate_finder",
    "reproduced",
    "save",
    "stack",
    "text_states",
    "unrolled",
]
