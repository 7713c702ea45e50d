/* The lists of what flows into and out of the selected node.  Every text goes in as text. */
(function () {
  "use strict";

  const N_FIRST = 12;
  const N_FOREMOST = 25;
  const MARKS = ["feature", "error", "token", "logit"];

  function element(tag, name, text) {
    const made = document.createElement(tag);
    made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  /* A share with its sign: "+12.3 %". */
  function percent(share) {
    const sign = share < 0 ? "−" : "+", size = Math.abs(share) * 100;
    return size > 0 && size < 0.1 ? `${sign}<0.1 %` : `${sign}${size.toFixed(1)} %`;
  }

  /* A button that chooses node `n`: its kind, layer, label and token, and two figures. */
  function row(graph, n, look, choose) {
    const button = element("button", look.shown ? "link-row" : "link-row link-hidden");
    button.type = "button";
    button.dataset.node = graph.ids[n];
    button.style.setProperty("--share", `${100 * look.bar}%`);
    button.title = `${graphData.title(graph, n)}\n${look.tip}${look.shown ? "" : "\nnot shown at this setting; click to show it"}`;
    const name = graph.labels[n] || (graph.kind[n] === graphData.FEATURE ? `#${graph.index[n]}` : "");
    button.append(
      element("span", `graph-mark mark-${MARKS[graph.kind[n]]}`), element("span", "link-layer", graph.row_names[graph.layer[n] + 1]),
      element("span", "link-name", name), element("span", "graph-chip", graphAxes.visible(graph.tokens[graph.position[n]])),
      element("span", "link-share", look.share), element("span", "link-weight", look.weight),
    );
    button.addEventListener("click", () => choose(graph.ids[n]));
    return button;
  }

  function edgeRow(graph, edge, other, shown, choose) {
    const share = percent(graph.share[edge]), tip = `weight ${graph.weight[edge].toPrecision(3)}: ${share} of the target's input`;
    const look = {shown: shown[other], bar: graphData.strength(graph.share[edge]), share, weight: graph.weight[edge].toPrecision(2), tip};
    return row(graph, other, look, choose);
  }

  /* Rows of one sign, the first few at once and the rest when asked for. */
  function block(graph, list, sign, end, shown, choose) {
    const part = element("div", `link-block ${sign}`), sum = end === "source" ? ` (${percent(list.sum)})` : "";
    const add = edges => edges.map(e => edgeRow(graph, e, graph[end][e], shown, choose));
    part.append(element("h5", "", `${sign}: ${list.edges.length}${sum}`), ...add(list.edges.slice(0, N_FIRST)));
    if (list.edges.length > N_FIRST) {
      const more = element("button", "link-more", `Show ${list.edges.length - N_FIRST} more`);
      more.type = "button";
      more.addEventListener("click", () => more.replaceWith(...add(list.edges.slice(N_FIRST))));
      part.append(more);
    }
    return part;
  }

  function side(graph, title, lists, end, empty, shown, choose) {
    const part = element("section", "link-side"), signs = ["positive", "negative"].filter(sign => lists[sign].edges.length);
    part.append(element("h4", "", title), ...signs.map(sign => block(graph, lists[sign], sign, end, shown, choose)));
    if (!signs.length) part.append(element("p", "quiet", empty));
    return part;
  }

  /* Where to begin: the features and errors that carry most of the influence. */
  function foremost(graph, shown, choose) {
    const part = element("section", "link-side"), list = element("div", "link-block neutral");
    const nodes = Array.from(graph.kind.keys()).filter(n => graph.kind[n] === graphData.FEATURE || graph.kind[n] === graphData.ERROR);
    nodes.sort((a, b) => graph.mass[b] - graph.mass[a]);
    const most = nodes.length ? graph.mass[nodes[0]] : 0;
    for (const n of nodes.slice(0, N_FOREMOST)) {
      const share = percent(graph.mass[n]).slice(1), look = {shown: shown[n], bar: most > 0 ? graph.mass[n] / most : 0, share, weight: ""};
      list.append(row(graph, n, {...look, tip: `${share} of the influence on the explained logits`}, choose));
    }
    part.append(element("h4", "", "Most influential"), list);
    return part;
  }

  /* Fill `host` with the lists of `node`, or with the foremost nodes if it is -1; `choose` takes the id of a clicked node. */
  function fill(host, graph, node, shown, choose) {
    host.scrollTop = 0;
    if (node < 0) {
      host.replaceChildren(foremost(graph, shown, choose));
      return;
    }
    const found = graphData.connections(graph, node), pruned = "All of them were pruned.";
    const start = graph.inflow[node] > 0 ? pruned : "None: tokens and errors are where the graph begins.";
    const end = graph.kind[node] === graphData.LOGIT ? "None: a logit is where the graph ends." : pruned;
    host.replaceChildren(
      side(graph, "Inputs", found.in, "source", start, shown, choose), side(graph, "Outputs", found.out, "target", end, shown, choose),
    );
  }

  globalThis.graphLists = {fill, percent};
})();
