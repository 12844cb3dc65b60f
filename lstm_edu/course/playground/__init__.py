"""A cell to play with in the page, without a kernel: `cells.js` computes, `player.js` and `player.css` show it."""

from .player import play

__all__ = ["play"]
