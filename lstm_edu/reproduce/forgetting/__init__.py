"""Memory blocks with forget gates and peepholes, as in the papers of 2000 to 2002 that share them."""

from .blocks import Limits, Rule, Source
from .network import Design, Network
from .rounding import ROUNDED
from .sources import sequence, source
from .training import checked_rule, until_right

__all__ = [
    "ROUNDED",
    "Design",
    "Limits",
    "Network",
    "Rule",
    "Source",
    "checked_rule",
    "sequence",
    "source",
    "until_right",
]
