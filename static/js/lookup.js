// Asks the server while somebody types: possible duplicates, suggestions. All fields of one form with the same
// data-lookup URL are sent together, in the body because names and addresses do not belong in URLs; the answer is
// HTML for the element whose id is data-lookup-into.
(() => {
  "use strict";

  const PAUSE_IN_TYPING = 250; // milliseconds
  const waiting = new Map(); // element to fill -> { timer, request }

  const ask = async (field, into, request) => {
    const url = field.dataset.lookup;
    const body = new URLSearchParams();
    for (const other of field.form.querySelectorAll("[data-lookup]")) {
      if (other.dataset.lookup === url) body.append(other.name, other.value);
    }
    try {
      const answer = await fetch(url, { method: "POST", body, signal: request.signal });
      if (answer.ok && !answer.redirected) into.innerHTML = await answer.text();
    } catch {
      // A newer question took its place, or the network is away: what is shown stays.
    }
  };

  document.addEventListener("input", (event) => {
    const field = event.target;
    const into = field.dataset?.lookup && document.getElementById(field.dataset.lookupInto);
    if (!into) return;
    const before = waiting.get(into);
    clearTimeout(before?.timer);
    before?.request.abort();
    const request = new AbortController();
    waiting.set(into, { request, timer: setTimeout(ask, PAUSE_IN_TYPING, field, into, request) });
  });

  // Where several can be chosen, whoever is ticked among those offered moves up to those chosen, so that the next search
  // cannot replace them.
  document.addEventListener("change", ({ target }) => {
    const picker = target.closest("[data-picker]");
    const row = target.closest("[data-offered] .choice");
    if (!row || !target.checked || target.type !== "checkbox") return;
    picker.querySelector("[data-chosen]").append(row);
    picker.querySelector("[data-lookup]").value = "";
    target.focus();
  });
})();
