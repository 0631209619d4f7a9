"use strict";
// Search, choose and sort the rows of a table. Without it the page has all rows, in their own order.
for (const form of document.querySelectorAll(".am-tools")) {
  const table = document.getElementById(form.dataset.of), body = table.tBodies[0];
  const search = form.querySelector("input"), picks = [...form.querySelectorAll("select")];
  const said = form.querySelector("[role=status]");
  const order = new Intl.Collator(document.documentElement.lang, {numeric: true});
  // 'nguyen' finds 'Nguyễn', 'dong' finds 'Đồng'.
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase();
  let rows = Array.from(body.rows, (row) => ({row, text: plain(`${row.cells[0].textContent} ${row.id}`)}));

  // A thousand rows take longer to lay out than a reader waits: those on the screen come first.
  let later;
  const show = () => {
    clearTimeout(later);
    const words = plain(search.value).split(/\s+/).filter(Boolean), found = [];
    for (const {row, text} of rows) {
      const wanted = words.every((word) => text.includes(word))
        && picks.every((pick) => !pick.value || row.dataset[pick.name] === pick.value);
      if (wanted) found.push(row); else row.hidden = true;
    }
    const reveal = (some) => { for (const row of some) row.hidden = false; };
    reveal(found.slice(0, 60));
    later = setTimeout(reveal, 100, found.slice(60));
    said.textContent = said.dataset.said.replace("{shown}", found.length);
  };

  const sort = (head, at) => {
    const down = head.ariaSort === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.ariaSort = down ? "descending" : "ascending";
    const value = ({row}) => row.cells[at].dataset.value ?? row.cells[at].textContent.trim();
    const known = rows.filter((one) => value(one) !== ""), unknown = rows.filter((one) => value(one) === "");
    known.sort(head.dataset.sort === "number"
      ? (one, other) => value(one) - value(other)
      : (one, other) => order.compare(value(one), value(other)));
    rows = (down ? known.reverse() : known).concat(unknown);
    body.append(...rows.map(({row}) => row));
  };

  for (const [at, head] of [...table.tHead.rows[0].cells].entries()) {
    if (!head.dataset.sort) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head, at));
    head.append(button);
  }
  for (const pick of picks) pick.addEventListener("change", show);
  search.addEventListener("input", show);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { search.value = ""; show(); }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    rows.find(({row}) => !row.hidden)?.row.querySelector("a")?.focus();
  });
  form.hidden = false;
  show();
}
