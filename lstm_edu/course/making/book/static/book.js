// Excerpts in the search without a server.

"use strict";

// Sphinx fetches a page to show what stands around a word, which a browser refuses to a book that was opened from
// the disk. So the pages' texts lie in texts.js, which search.html alone loads.
addEventListener("DOMContentLoaded", () => {
  const results = document.getElementById("search-results");
  if (!results || !window.bookTexts) return;
  const words = (new URLSearchParams(location.search).get("q") || "").toLowerCase().split(/\s+/).filter(Boolean);
  const excerpt = (item) => {
    const link = item.querySelector("a");
    if (!link || item.querySelector("p.context")) return;
    const [page, anchor] = link.getAttribute("href").split("#");
    const text = window.bookTexts[page.replace(/[.]html$/, "")];
    if (!text) return;
    const begin = anchor ? Math.max(0, text.indexOf(link.textContent.split(" > ").pop())) : 0;
    const lower = text.toLowerCase();
    const found = words.map((word) => lower.indexOf(word, begin)).filter((at) => at >= 0);
    const at = found.length ? Math.min(...found) : begin;
    const from = at > 100 ? text.indexOf(" ", at - 100) + 1 : 0;
    const context = document.createElement("p");
    context.className = "context";
    context.textContent = (from ? "… " : "") + text.slice(from, from + 240).replace(/\S*$/, "…");
    item.appendChild(context);
  };
  const all = () => results.querySelectorAll("li").forEach(excerpt);
  new MutationObserver(all).observe(results, { childList: true, subtree: true });
  all();
});
