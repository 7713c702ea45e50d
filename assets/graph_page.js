/* The Graph page's clientside callbacks: the only place where the link graph meets Dash. */
(function () {
  "use strict";

  const IDS = {cy: "graph-cy", stage: "graph-stage", under: "graph-under", over: "graph-over", lists: "graph-lists", selection: "graph-selection"};
  const PATIENCE_MS = 20000;
  const N_REMEMBERED = 4;
  const loaded = new Map();
  let workbench = null, latest = 0;

  /* The graph at `url`, fetched once. */
  function load(url) {
    if (!loaded.has(url)) {
      const coming = fetch(url).then(answer => {
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        return answer.arrayBuffer();
      }).then(graphData.decode);
      coming.catch(() => loaded.delete(url));
      loaded.set(url, coming);
      if (loaded.size > N_REMEMBERED) loaded.delete(loaded.keys().next().value);
    }
    return loaded.get(url);
  }

  /* The page's live cytoscape, once it holds the nodes of `graph`. */
  async function cytoscapeOf(graph, current) {
    const end = performance.now() + PATIENCE_MS;
    while (performance.now() < end && current()) {
      const cy = document.getElementById(IDS.cy)?._cyreg?.cy;
      if (cy && cy.nodes().length === graph.n_nodes && graph.ids.every(id => cy.getElementById(id).nonempty())) return cy;
      await new Promise(resolve => setTimeout(resolve, 30));
    }
    return null;
  }

  function publish(node) {
    const address = new URL(location.href);
    if (node) address.searchParams.set("node", node);
    else address.searchParams.delete("node");
    history.replaceState(history.state, "", address);
    dash_clientside.set_props(IDS.selection, {data: {node}});
  }

  /* Mount the graph of `source` {url, node}; again and again is as good as once.  Returns [mounted url, message]. */
  async function mount(source) {
    const turn = ++latest, current = () => turn === latest;
    workbench?.destroy();
    workbench = null;
    if (!source?.url) return [null, ""];
    try {
      const graph = await load(source.url), cy = await cytoscapeOf(graph, current);
      if (!current() || !cy) return [null, current() ? "The graph did not appear: reload the page." : ""];
      const hosts = Object.fromEntries(Object.entries(IDS).map(([name, id]) => [name, document.getElementById(id)]));
      workbench = new graphWorkbench.Workbench(cy, graph, hosts, publish);
      return [source.url, ""];
    } catch (error) {
      return [null, `The graph could not be shown: reload the page (${error.message}).`];
    }
  }

  /* Show what the controls ask for; returns the counts in words. */
  function filter(mounted, keep, errors, limit, source) {
    if (!mounted || !workbench) return "";
    const graph = workbench.graph;
    const {n_nodes, n_edges} = workbench.filter(keep / 100, errors, limit === "all" ? graph.n_edges : Number(limit));
    if (source.node && workbench.selected < 0 && !filter.done.has(workbench)) workbench.choose(source.node, true);
    filter.done.add(workbench);
    const count = n => n.toLocaleString("en");
    return `${count(n_nodes)} / ${count(graph.n_nodes)} nodes · ${count(n_edges)} / ${count(graph.n_edges)} edges`;
  }
  filter.done = new WeakSet();

  function fit() { workbench?.fit(); return dash_clientside.no_update; }

  /* Copy the page's address, with the selected node and without the access token. */
  async function copyLink(n_clicks) {
    if (!n_clicks) return dash_clientside.no_update;
    const address = new URL(location.href);
    address.searchParams.delete("token");
    try {
      await navigator.clipboard.writeText(address.href);
    } catch {
      return "Copy it from the address bar";
    }
    setTimeout(() => { if (document.getElementById("graph-copy")) dash_clientside.set_props("graph-copy", {children: "Copy link"}); }, 1500);
    return "Copied";
  }

  window.dashMantineFunctions = Object.assign({}, window.dashMantineFunctions, {graphPercent: value => `${value} %`});
  window.dash_clientside = Object.assign({}, window.dash_clientside, {graph: {mount, filter, fit, copyLink}});
  globalThis.graphPage = {workbench: () => workbench};
})();
