/* Colours of the link graph from the page's CSS variables, and cytoscape's stylesheet made of them. */
(function () {
  "use strict";

  const NAMES = ["positive", "negative", "feature", "feature-line", "error", "token", "logit", "band", "grid", "ring", "ground"];

  /* The colours of the current theme. */
  function colours() {
    const style = getComputedStyle(document.documentElement);
    return Object.fromEntries(NAMES.map(name => [name, style.getPropertyValue(`--graph-${name}`).trim()]));
  }

  /* Cytoscape's stylesheet.  What lasts is selected by data (hidden), what passes by class (near, far).
     Lines grow more slowly than the zoom. */
  function stylesheet(c, zoom) {
    const thin = 1 / Math.sqrt(zoom);
    const node = (selector, style) => ({selector: `node${selector}`, style});
    return [
      node("", {
        width: "data(size)", height: "data(size)", "background-color": c.feature, "border-width": 1.1 * thin, "border-color": c["feature-line"],
        "overlay-opacity": 0,
      }),
      node("[kind = 'error']", {shape: "diamond", "background-color": c.error, "border-color": c.error, "background-opacity": 0.25, "border-style": "solid"}),
      node("[kind = 'token']", {shape: "rectangle", "background-color": c.token, "border-color": c.token}),
      node("[kind = 'logit']", {shape: "rectangle", "background-color": c.logit, "border-color": c.logit}),
      node("[?hidden]", {display: "none"}),
      node(".far", {opacity: 0.4}),
      node(".near-positive", {"background-color": c.positive, "border-color": c.positive, "background-opacity": 0.9}),
      node(".near-negative", {"background-color": c.negative, "border-color": c.negative, "background-opacity": 0.9}),
      node(":selected", {"border-width": 2.4 * thin, "border-color": c.ring, "background-color": c.ground, "background-opacity": 1, "z-index": 10}),
      node(".hovered", {"border-width": 2 * thin, "border-color": c.ring, opacity: 1, "z-index": 11}),
      {
        selector: "edge",
        style: {
          "curve-style": "straight", width: `mapData(strength, 0, 1, ${0.5 * thin}, ${1.9 * thin})`, "line-opacity": "mapData(strength, 0, 1, 0.3, 0.75)",
          "line-color": c.positive, "overlay-opacity": 0,
        },
      },
      {selector: "edge[sign = 'negative']", style: {"line-color": c.negative, "line-style": "dashed", "line-dash-pattern": [5 * thin, 4 * thin]}},
      {selector: "edge[?hidden]", style: {display: "none"}},
      {selector: "edge.far", style: {"line-opacity": 0.06}},
      {selector: "edge:active, node:active", style: {"overlay-opacity": 0}},
    ];
  }

  globalThis.graphStyle = {colours, stylesheet};
})();
