/* The link graph as typed arrays: decoding, neighbours, what is visible, what a key leads to.  No DOM here.
   Nodes and edges are numbers; edges come strongest first.  A share is an edge's weight over all that flows into its target. */
(function () {
  "use strict";

  const TYPES = {uint8: Uint8Array, int16: Int16Array, int32: Int32Array, uint32: Uint32Array, float32: Float32Array};
  const FEATURE = 0, ERROR = 1, TOKEN = 2, LOGIT = 3;
  const FULL_SHARE = 0.25;  // a share from which an edge is drawn at full strength, as in graph_elements.py
  const N_BUCKETS = 8;

  /* The graph in `buffer`: a header with strings, and one typed array a name. */
  function decode(buffer) {
    const length = new DataView(buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    const graph = {...header};
    for (const {name, type, offset, length: n} of header.arrays) graph[name] = new TYPES[type](buffer, 4 + length + offset, n);
    delete graph.arrays;
    graph.n_nodes = graph.kind.length;
    graph.n_edges = graph.weight.length;
    graph.number = new Map(graph.ids.map((id, n) => [id, n]));
    graph.share = Float32Array.from(graph.weight, (w, e) => {
      const total = graph.inflow[graph.target[e]];
      return total > 0 ? w / total : 0;
    });
    graph.incoming = neighbours(graph.target, graph.n_nodes);
    graph.outgoing = neighbours(graph.source, graph.n_nodes);
    return graph;
  }

  /* The edges of each node, as a function from a node to its edges, strongest first. */
  function neighbours(ends, n_nodes) {
    const first = new Uint32Array(n_nodes + 1), edges = new Uint32Array(ends.length);
    for (const node of ends) first[node + 1]++;
    for (let n = 0; n < n_nodes; n++) first[n + 1] += first[n];
    const next = first.slice(0, n_nodes);
    ends.forEach((node, edge) => { edges[next[node]++] = edge; });
    return node => edges.subarray(first[node], first[node + 1]);
  }

  /* 0 to 1: how strongly an edge of this share is drawn. */
  function strength(share) { return Math.sqrt(Math.min(Math.abs(share) / FULL_SHARE, 1)); }

  /* [node] 1 where a node is shown: tokens and logits always, others up to the cumulative influence `keep`. */
  function visible(graph, keep, errors, selected) {
    return Uint8Array.from(graph.kind, (kind, n) => {
      if (kind === TOKEN || kind === LOGIT || n === selected) return 1;
      return (kind !== ERROR || errors) && graph.influence[n] <= keep + 1e-6 ? 1 : 0;
    });
  }

  /* The `limit` strongest edges between shown nodes. */
  function visibleEdges(graph, shown, limit) {
    const edges = new Uint32Array(Math.min(limit, graph.n_edges));
    let n = 0;
    for (let e = 0; e < graph.n_edges && n < edges.length; e++) {
      if (shown[graph.source[e]] && shown[graph.target[e]]) edges[n++] = e;
    }
    return edges.subarray(0, n);
  }

  /* Edges by sign and strength: [{sign, level, edges}], level from 0 to N_BUCKETS - 1. */
  function buckets(graph, edges) {
    const found = new Map();
    for (const e of edges) {
      const level = Math.min(N_BUCKETS - 1, Math.floor(strength(graph.share[e]) * N_BUCKETS));
      const negative = graph.share[e] < 0, key = (negative ? N_BUCKETS : 0) + level;
      if (!found.has(key)) found.set(key, {sign: negative ? "negative" : "positive", level, edges: []});
      found.get(key).edges.push(e);
    }
    return [...found.keys()].sort((a, b) => a % N_BUCKETS - b % N_BUCKETS || a - b).map(key => found.get(key));
  }

  /* The four lists of a node's edges: in and out, positive and negative, largest weight first; sum is of the shares. */
  function connections(graph, node) {
    const half = (edges, negative) => {
      const of_sign = Array.from(edges).filter(e => (graph.weight[e] < 0) === negative);
      of_sign.sort((a, b) => Math.abs(graph.weight[b]) - Math.abs(graph.weight[a]));
      return {edges: of_sign, sum: of_sign.reduce((sum, e) => sum + graph.share[e], 0)};
    };
    const incoming = graph.incoming(node), outgoing = graph.outgoing(node);
    return {
      in: {positive: half(incoming, false), negative: half(incoming, true)},
      out: {positive: half(outgoing, false), negative: half(outgoing, true)},
    };
  }

  /* What a node is: "L12 · feature 345". */
  function title(graph, n) {
    if (graph.kind[n] === FEATURE) return `L${graph.layer[n]} · feature ${graph.index[n]}`;
    if (graph.kind[n] === ERROR) return `L${graph.layer[n]} · error`;
    return graph.kind[n] === TOKEN ? "Token" : "Logit";
  }

  /* The shown node that an arrow key leads to from `node`: its neighbour in the row, or the nearest in the next row. */
  function step(shown, x, y, node, key) {
    const vertical = key === "ArrowUp" || key === "ArrowDown";
    const forward = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
    let best = node, best_near = Infinity, best_far = Infinity;
    for (let n = 0; n < shown.length; n++) {
      const dx = x[n] - x[node], dy = y[n] - y[node];
      const along = (vertical ? dy : dx) * forward, across = Math.abs(vertical ? dx : dy);
      if (!shown[n] || along <= 0.01 || (!vertical && across > 0.01)) continue;
      if (along < best_near - 0.01 || (along < best_near + 0.01 && across < best_far)) [best, best_near, best_far] = [n, along, across];
    }
    return best;
  }

  globalThis.graphData = {
    FEATURE, ERROR, TOKEN, LOGIT, N_BUCKETS,
    decode, neighbours, strength, visible, visibleEdges, buckets, connections, title, step,
  };
})();
