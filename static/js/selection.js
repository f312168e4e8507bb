// Rows chosen for an action: "select all rows on this page", shift-click for a range, and the live count.
(() => {
  "use strict";

  const watch = (form) => {
    const rows = [...form.querySelectorAll("[data-select]")];
    const all = form.querySelector("[data-select-all]");
    const count = form.querySelector("[data-selection-count]");
    const scope = (value) => form.querySelector(`[name="scope"][value="${value}"]`);
    let last = null;

    const refresh = () => {
      const chosen = rows.filter((row) => row.checked).length;
      if (count) count.textContent = chosen;
      if (all) {
        all.checked = chosen > 0 && chosen === rows.length;
        all.indeterminate = chosen > 0 && chosen < rows.length;
      }
      const nobody = chosen === 0 && !scope("all")?.checked;
      for (const button of form.querySelectorAll("[data-needs-selection]")) button.disabled = nobody;
      const several = chosen > 1 || scope("all")?.checked;
      for (const button of form.querySelectorAll("[data-needs-several]")) button.disabled = !several;
      for (const hint of form.querySelectorAll("[data-when-nobody]")) hint.hidden = !nobody;
    };

    const range = (row) => {
      const [from, to] = [rows.indexOf(last), rows.indexOf(row)].sort((a, b) => a - b);
      for (const between of rows.slice(from, to + 1)) between.checked = row.checked;
    };

    form.addEventListener("click", (event) => {
      if (!event.target.matches("[data-select]")) return;
      if (event.shiftKey && last) range(event.target);
      last = event.target;
      refresh();
    });

    form.addEventListener("change", (event) => {
      if (event.target === all) for (const row of rows) row.checked = all.checked;
      // Ticking a row means: these, not everyone.
      if (event.target === all || rows.includes(event.target)) scope("selected")?.click();
      refresh();
    });

    window.addEventListener("pageshow", refresh);
    refresh();
  };

  for (const form of document.querySelectorAll("[data-selection]")) watch(form);
})();
