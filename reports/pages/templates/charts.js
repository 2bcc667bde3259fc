const specs = JSON.parse(document.getElementById("charts").textContent);

// As the page's, which follow the system's light or dark.
function colours() {
  const style = getComputedStyle(document.documentElement);
  const [ink, soft, line] = ["--ink", "--soft", "--line"].map((name) => style.getPropertyValue(name).trim());
  const axis = { labelColor: ink, titleColor: soft, gridColor: line, domainColor: line, tickColor: line, titleFontWeight: "normal", labelFontSize: 11, titleFontSize: 11 };
  return { background: "transparent", font: "system-ui, DejaVu Sans, sans-serif", view: { stroke: null }, legend: { labelColor: ink, symbolStrokeColor: ink }, axis };
}
