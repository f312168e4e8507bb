// The form of a search without the waiting: what needs other fields than before is fetched in place of loading the page.
// Without this script the same buttons submit the form.
(() => {
  "use strict";

  const watch = (form) => {
    const part = form.querySelector("[data-criteria-part]");
    let asked = null;

    // Where typing goes on: in the same field, else in the last condition (a new one), else at the first field.
    const focus = (id) => {
      const fields = part.querySelectorAll("[name='about']");
      (document.getElementById(id) ?? fields[fields.length - 1])?.focus();
    };

    const update = async (press, focusOn) => {
      const address = new URL(form.action);
      address.search = new URLSearchParams([...new FormData(form), ["do", press]]);
      asked?.abort();
      asked = new AbortController();
      try {
        const answer = await fetch(address, { headers: { "X-Fragment": "criteria" }, signal: asked.signal });
        // Somebody signed out elsewhere, or something is wrong: the whole page must say so.
        if (!answer.ok || answer.redirected) return window.location.assign(address);
        part.innerHTML = await answer.text();
        focus(focusOn);
      } catch (error) {
        if (error.name !== "AbortError") window.location.assign(address);
      }
    };

    form.addEventListener("change", (event) => {
      if (event.target.matches("[data-decides]")) update("update", event.target.id);
    });

    form.addEventListener("submit", (event) => {
      const press = event.submitter?.value;
      if (!press || press === "search" || !part.contains(event.submitter)) return;
      event.preventDefault();
      update(press);
    });
  };

  for (const form of document.querySelectorAll("[data-criteria]")) watch(form);
})();
