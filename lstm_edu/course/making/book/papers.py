"""Where the papers are that docstrings and chapters name: in the book a paper's title leads there."""

import re

# first author: title as it is cited, perhaps its beginning only; DOI or arXiv where there is one
PAPERS = {
    ("Arjovsky", "Unitary evolution recurrent neural networks"): "https://arxiv.org/abs/1511.06464",
    (
        "Bengio",
        "Learning long-term dependencies with gradient descent is difficult",
    ): "https://doi.org/10.1109/72.279181",
    ("Cho", "Learning phrase representations using RNN encoder-decoder for statistical machine translation"): (
        "https://arxiv.org/abs/1406.1078"
    ),
    ("Chung", "Empirical evaluation of gated recurrent neural networks on sequence modeling"): (
        "https://arxiv.org/abs/1412.3555"
    ),
    ("Elman", "Finding structure in time"): "https://doi.org/10.1207/s15516709cog1402_1",
    ("Gal", "A theoretically grounded application of dropout in recurrent neural networks"): (
        "https://arxiv.org/abs/1512.05287"
    ),
    ("Gers", "Learning precise timing with LSTM recurrent networks"): "https://doi.org/10.1162/153244303768966139",
    ("Gers", "Learning to forget: continual prediction with LSTM"): "https://doi.org/10.1162/089976600300015015",
    ("Gers", "Learning to forget"): "https://doi.org/10.1162/089976600300015015",
    ("Gers", "LSTM recurrent networks learn simple context-free and context-sensitive languages"): (
        "https://doi.org/10.1109/72.963769"
    ),
    ("Gers", "Recurrent nets that time and count"): "https://doi.org/10.1109/IJCNN.2000.861302",
    ("Hochreiter", "Long short-term memory"): "https://doi.org/10.1162/neco.1997.9.8.1735",
    ("Jozefowicz", "An empirical exploration of recurrent network architectures"): (
        "https://proceedings.mlr.press/v37/jozefowicz15.html"
    ),
    ("Karpathy", "Visualizing and understanding recurrent networks"): "https://arxiv.org/abs/1506.02078",
    ("Kingma", "Adam: a method for stochastic optimization"): "https://arxiv.org/abs/1412.6980",
    ("Krueger", "Zoneout"): "https://arxiv.org/abs/1606.01305",
    ("Pascanu", "How to construct deep recurrent neural networks"): "https://arxiv.org/abs/1312.6026",
    ("Pascanu", "On the difficulty of training recurrent neural networks"): "https://arxiv.org/abs/1211.5063",
    ("Polyak", "Some methods of speeding up the convergence of iteration methods"): (
        "https://doi.org/10.1016/0041-5553(64)90137-5"
    ),
    ("Radford", "Learning to generate reviews and discovering sentiment"): "https://arxiv.org/abs/1704.01444",
    ("Squire", "Using complex variables to estimate derivatives of real functions"): (
        "https://doi.org/10.1137/S003614459631241X"
    ),
    ("Srivastava", "Dropout: a simple way to prevent neural networks from overfitting"): (
        "https://jmlr.org/papers/v15/srivastava14a.html"
    ),
    ("Tallec", "Can recurrent neural networks warp time?"): "https://arxiv.org/abs/1804.11188",
    ("Weiss", "On the practical computational power of finite precision RNNs for language recognition"): (
        "https://doi.org/10.18653/v1/P18-2117"
    ),
    ("Zaremba", "Recurrent neural network regularization"): "https://arxiv.org/abs/1409.2329",
}

MARKDOWN, RST = "[{}](<{}>)", "`{} <{}>`__"


def linked(text: str, form: str) -> str:
    """The text with a link on each title that follows its first author, and on "arXiv:" with a number.

    >>> linked("Elman, Finding structure in time, 1990. arXiv:1409.2329", MARKDOWN)[:72]
    'Elman, [Finding structure in time](<https://doi.org/10.1207/s15516709cog'
    >>> linked("the idea of finding structure in time", MARKDOWN)
    'the idea of finding structure in time'
    """
    for (author, title), url in PAPERS.items():
        words = r"\s+".join(re.escape(word) for word in title.split())
        # in the same paragraph, after names only; a title in a link already is left alone
        cited = re.compile(rf"(\b{author}\b(?:(?!\n\s*\n|[\[`])[^|]){{0,90}}?)({words})(?![^\[]*\]\()", re.IGNORECASE)
        link = form.format(r"\g<2>", url)
        text = cited.sub(rf"\g<1>{link}", text)
    return re.sub(
        r"(?<![\w/\[`])arXiv:(\d{4}\.\d{4,5})",
        lambda found: form.format(found[0], f"https://arxiv.org/abs/{found[1]}"),
        text,
    )
