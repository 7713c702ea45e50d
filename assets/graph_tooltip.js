/* The small box beside the pointer that says what a node or an edge is.  Every text goes in as text. */
(function () {
  "use strict";

  function line(text, name) {
    const element = document.createElement("div");
    element.className = name;
    element.textContent = text;
    return element;
  }

  /* Name of a node in one line: what it is, its label, its token. */
  function name(graph, n) {
    const whole = graphAxes.visible(graph.tokens[graph.position[n]]), token = whole.length > 24 ? `${whole.slice(0, 23)}…` : whole;
    return `${graphData.title(graph, n)} at “${token}”`;
  }

  function nodeLines(graph, n, selected) {
    const lines = [line(name(graph, n), "tip-title")];
    if (graph.labels[n]) lines.push(line(graph.labels[n], "tip-label"));
    if (graph.kind[n] === graphData.FEATURE) lines.push(line(`activation ${graph.activation[n].toPrecision(3)}`, "quiet"));
    if (graph.kind[n] === graphData.LOGIT) lines.push(line(`probability ${(100 * graph.activation[n]).toFixed(1)} %`, "quiet"));
    for (const e of selected >= 0 ? graph.outgoing(n) : []) {
      if (graph.target[e] === selected) lines.push(line(`${graphLists.percent(graph.share[e])} of the selected node's input`, "quiet"));
    }
    for (const e of selected >= 0 ? graph.incoming(n) : []) {
      if (graph.source[e] === selected) lines.push(line(`${graphLists.percent(graph.share[e])} of its input is from the selected node`, "quiet"));
    }
    return lines;
  }

  function edgeLines(graph, e) {
    return [
      line(`${name(graph, graph.source[e])} → ${name(graph, graph.target[e])}`, "tip-title"),
      line(`weight ${graph.weight[e].toPrecision(3)}: ${graphLists.percent(graph.share[e])} of the target's input`, "quiet"),
    ];
  }

  class Tooltip {
    constructor(host) {
      this.element = document.createElement("div");
      this.element.className = "graph-tip";
      this.element.hidden = true;
      host.append(this.element);
    }

    /* Show `lines` beside the point x, y of the host. */
    show(lines, x, y) {
      const {clientWidth: width, clientHeight: height} = this.element.parentElement;
      this.element.replaceChildren(...lines);
      this.element.hidden = false;
      const left = x + 14 + this.element.offsetWidth > width ? x - 14 - this.element.offsetWidth : x + 14;
      const top = Math.min(y + 10, height - this.element.offsetHeight - 4);
      this.element.style.transform = `translate(${Math.max(left, 0)}px,${Math.max(top, 0)}px)`;
    }

    hide() { this.element.hidden = true; }

    destroy() { this.element.remove(); }
  }

  globalThis.graphTooltip = {Tooltip, nodeLines, edgeLines};
})();
