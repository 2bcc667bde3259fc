const boxes = [...document.querySelectorAll(".filters input")];
const says = document.querySelector(".says");
const sorted = [...document.querySelectorAll("table[data-table]")];
const original = new Map(sorted.map((table) => [table, [...table.tBodies[0].rows]]));
const SORTS = ["none", "ascending", "descending"];
// By the title of a table: "NUMBER ascending", of a column.
let sorts = new Map();

function shown() {
  return new Set(boxes.filter((box) => box.checked).map((box) => box.value));
}

// The specification with the shown stacks only, in its data and on its axes.
function filtered(spec, stacks) {
  return JSON.parse(JSON.stringify(spec), (name, value) => {
    if (!Array.isArray(value)) return value;
    if (name === "sort") return value.filter((stack) => stacks.has(stack));
    return value.filter((part) => !part?.stack || stacks.has(part.stack));
  });
}

// One drawing after the other, so that the last one asked for is the one that stays.
let drawn = Promise.resolve();
function draw() {
  drawn = drawn.then(() => {
    const [stacks, config] = [shown(), colours()];
    const places = [...document.querySelectorAll("[data-chart]")];
    return Promise.all(places.map((place) =>
      vegaEmbed(place, filtered(specs[Number(place.dataset.chart)], stacks), { mode: "vega-lite", renderer: "svg", actions: false, config })));
  });
}

function filter() {
  const stacks = shown();
  for (const row of document.querySelectorAll("tr[data-stacks]"))
    row.hidden = !row.dataset.stacks.split(" ").every((stack) => stacks.has(stack));
}

function sort(table) {
  const [number, direction] = (sorts.get(table.dataset.table) || "0 none").split(" ");
  const sign = direction === "descending" ? -1 : 1;
  const known = (row) => "order" in (row.cells[number]?.dataset || {});
  const order = (row) => sign * Number(row.cells[number].dataset.order);
  const rows = [...original.get(table)];
  if (direction !== "none")
    rows.sort((one, other) => known(other) - known(one) || (known(one) ? order(one) - order(other) : 0));
  table.tBodies[0].append(...rows);
  for (const button of table.querySelectorAll(".sort")) {
    const heading = button.parentElement;
    const here = heading.cellIndex === Number(number) ? direction : "none";
    heading.setAttribute("aria-sort", SORTS.includes(here) ? here : "none");
  }
}

// What is hidden and how tables are sorted stands in the address, behind the #.
function read() {
  const state = new URLSearchParams(location.hash.slice(1));
  const hidden = state.getAll("hide");
  for (const box of boxes) box.checked = !hidden.includes(box.value);
  sorts = new Map(state.getAll("sort").map((text) => text.split(/:(.*)/).slice(0, 2).reverse()));
  show();
}

function write() {
  const state = new URLSearchParams();
  for (const box of boxes) if (!box.checked) state.append("hide", box.value);
  for (const [table, order] of sorts) state.append("sort", `${order}:${table}`);
  history.replaceState(null, "", `#${state}`);
}

function show() {
  filter();
  sorted.forEach(sort);
  draw();
}

for (const box of boxes)
  box.addEventListener("change", () => { write(); show(); });
for (const table of sorted)
  for (const button of table.querySelectorAll(".sort"))
    button.addEventListener("click", () => {
      const heading = button.parentElement;
      const next = SORTS[(SORTS.indexOf(heading.getAttribute("aria-sort")) + 1) % SORTS.length];
      sorts.delete(table.dataset.table);
      if (next !== "none") sorts.set(table.dataset.table, `${heading.cellIndex} ${next}`);
      write();
      sort(table);
    });
for (const part of document.querySelectorAll("[data-verdict]")) {
  for (const event of ["mouseenter", "focus"])
    part.addEventListener(event, () => { says.textContent = `${part.dataset.verdict}.`; });
  for (const event of ["mouseleave", "blur"])
    part.addEventListener(event, () => { says.textContent = ""; });
}
// A link within the page goes there and leaves the address as it is.
for (const link of document.querySelectorAll('a[href^="#"]'))
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const target = document.querySelector(link.getAttribute("href"));
    target.scrollIntoView();
    target.focus({ preventScroll: true });
  });
// On paper nothing can be opened.
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const part of closed) part.open = true;
});
addEventListener("afterprint", () => { for (const part of closed) part.open = false; });
addEventListener("hashchange", read);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
read();
