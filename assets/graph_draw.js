/* The edge layer: canvases under and over cytoscape that follow its viewport.

   Under it, all edges that cytoscape does not own, as hairlines (a device pixel: the fast path of software drawing), their
   strength as one of eight opacities.  Over it, the edges of the selected and of the hovered node by sign, dashed where
   negative, and strength.  While the viewport moves, the pictures are moved by a CSS transform; at rest they are drawn again. */
(function () {
  "use strict";

  const REST_MS = 120;
  const UNCROWDED = 500;  // edges from which on each is drawn fainter

  function canvas(host, name) {
    const element = document.createElement("canvas");
    element.className = `graph-canvas graph-canvas-${name}`;
    host.append(element);
    return element;
  }

  class EdgeLayer {
    constructor(cy, graph, under, over, colours) {
      Object.assign(this, {cy, graph, colours, edges: new Uint32Array(0), shown: new Uint8Array(graph.n_nodes).fill(1), selected: -1, hovered: -1});
      this.base = canvas(under, "base");
      this.chosen = canvas(over, "selected");
      this.pointed = canvas(over, "hovered");
      this.canvases = [this.base, this.chosen, this.pointed];
      this.stats = {draws: 0, draw_ms: 0, hover_ms: 0};
      this.readPositions();
      this.resize();
    }

    readPositions() {
      this.x = new Float32Array(this.graph.n_nodes);
      this.y = new Float32Array(this.graph.n_nodes);
      this.radius = new Float32Array(this.graph.n_nodes);
      this.graph.ids.forEach((id, n) => {
        const node = this.cy.getElementById(id), {x, y} = node.position();
        [this.x[n], this.y[n], this.radius[n]] = [x, y, node.data("size") / 2 + 1];
      });
    }

    resize() {
      this.ratio = window.devicePixelRatio || 1;
      for (const element of this.canvases) {
        element.width = Math.round(this.cy.width() * this.ratio);
        element.height = Math.round(this.cy.height() * this.ratio);
      }
      this.draw();
    }

    /* Which edges lie under the nodes, and which nodes are shown. */
    show(shown, edges) {
      [this.shown, this.edges] = [shown, edges];
      this.draw();
    }

    recolour(colours) { this.colours = colours; this.draw(); }

    select(node) { this.selected = node; this._fade(); this._drawNode(this.chosen, node); }

    hover(node) {
      const start = performance.now();
      this.hovered = node;
      this._fade();
      this._drawNode(this.pointed, node === this.selected ? -1 : node);
      this.stats.hover_ms = performance.now() - start;
    }

    /* Move the pictures with the viewport; draw them when it rests. */
    move() {
      const zoom = this.cy.zoom(), pan = this.cy.pan(), k = zoom / this.at.zoom;
      const transform = `translate(${pan.x - this.at.x * k}px,${pan.y - this.at.y * k}px) scale(${k})`;
      for (const element of this.canvases) element.style.transform = transform;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.draw(), REST_MS);
    }

    draw() {
      const start = performance.now(), pan = this.cy.pan();
      clearTimeout(this.timer);
      this.at = {zoom: this.cy.zoom(), x: pan.x, y: pan.y};
      for (const element of this.canvases) element.style.transform = "";
      this._drawBase();
      this._drawNode(this.chosen, this.selected);
      this._drawNode(this.pointed, this.hovered === this.selected ? -1 : this.hovered);
      this.onRest?.(this.at.zoom);
      this.stats.draws++;
      this.stats.draw_ms = performance.now() - start;
    }

    destroy() {
      clearTimeout(this.timer);
      for (const element of this.canvases) element.remove();
    }

    /* The backdrop steps back while a node's own edges are shown, and the selected node's edges behind the hovered one's. */
    _fade() {
      this.base.style.opacity = this.selected >= 0 ? 0.25 : this.hovered >= 0 ? 0.4 : 1;
      this.chosen.style.opacity = this.hovered >= 0 && this.hovered !== this.selected ? 0.45 : 1;
    }

    _clear(element) {
      const g = element.getContext("2d");
      g.setTransform(1, 0, 0, 1, 0, 0);
      g.clearRect(0, 0, element.width, element.height);
      return g;
    }

    _drawBase() {
      const g = this._clear(this.base), {zoom, x, y} = this.at, d = this.ratio;
      g.setTransform(d * zoom, 0, 0, d * zoom, d * x, d * y);
      this._drawGrid(g);
      g.lineWidth = 1 / (zoom * d);
      const crowd = Math.min(1, Math.pow(UNCROWDED / Math.max(this.edges.length, 1), 0.45));
      for (const {sign, level, edges} of graphData.buckets(this.graph, this.edges)) {
        g.beginPath();
        for (const e of edges) {
          const s = this.graph.source[e], t = this.graph.target[e];
          g.moveTo(this.x[s], this.y[s]);
          g.lineTo(this.x[t], this.y[t]);
        }
        g.globalAlpha = (0.08 + 0.5 * level / graphData.N_BUCKETS) * crowd;
        g.strokeStyle = this.colours[sign];
        g.stroke();
      }
      g.globalAlpha = 1;
    }

    /* Bands for every second token, a line a layer. */
    _drawGrid(g) {
      const {columns, rows} = this.graph, half = Math.abs(rows[1] - rows[0]) / 2;
      const top = rows[rows.length - 1] - half, bottom = rows[0] + half, right = columns[columns.length - 1];
      g.fillStyle = this.colours.band;
      for (let c = 0; c + 1 < columns.length; c += 2) g.fillRect(columns[c], top, columns[c + 1] - columns[c], bottom - top);
      g.beginPath();
      for (const row of rows) { g.moveTo(columns[0], row); g.lineTo(right, row); }
      g.lineWidth = 1 / (this.at.zoom * this.ratio);
      g.strokeStyle = this.colours.grid;
      g.stroke();
    }

    /* The edges of `node` to shown nodes, in screen pixels so that widths do not depend on the zoom. */
    _drawNode(element, node) {
      const g = this._clear(element), d = this.ratio, near = other => this.shown[other];
      if (node < 0) return;
      g.setTransform(d, 0, 0, d, 0, 0);
      const edges = [...this.graph.incoming(node), ...this.graph.outgoing(node)];
      const seen = edges.filter(e => near(this.graph.source[e]) && near(this.graph.target[e]));
      for (const {sign, level, edges: alike} of graphData.buckets(this.graph, seen)) {
        const share = (level + 0.5) / graphData.N_BUCKETS;
        g.beginPath();
        for (const e of alike) this._line(g, this.graph.source[e], this.graph.target[e]);
        g.lineWidth = 0.9 + 3.6 * share * share;
        g.globalAlpha = 0.3 + 0.7 * share;
        g.strokeStyle = this.colours[sign];
        g.setLineDash(sign === "negative" ? [5, 4] : []);
        g.stroke();
      }
      g.globalAlpha = 1;
      g.setLineDash([]);
    }

    /* A line between the rims of two nodes. */
    _line(g, s, t) {
      const {zoom, x, y} = this.at, dx = this.x[t] - this.x[s], dy = this.y[t] - this.y[s], length = Math.hypot(dx, dy) || 1;
      const from = this.radius[s] / length, to = 1 - this.radius[t] / length;
      g.moveTo((this.x[s] + dx * from) * zoom + x, (this.y[s] + dy * from) * zoom + y);
      g.lineTo((this.x[s] + dx * to) * zoom + x, (this.y[s] + dy * to) * zoom + y);
    }
  }

  globalThis.graphDraw = {EdgeLayer};
})();
