/* One mounted link graph: cytoscape's nodes, the edge layer, the axes, the lists and the tooltip, kept in step. */
(function () {
  "use strict";

  const REACH = 13;  // pixels from a node within which the pointer means it
  const INSETS = {left: 50, right: 50, top: 76, bottom: 34, tilted: 66};
  const READABLE = 0.5;  // the zoom below which a wide graph is not shown whole at first

  class Workbench {
    /* `hosts`: the elements stage, under, over, lists; `onSelect` takes the id of the selected node, or null. */
    constructor(cy, graph, hosts, onSelect) {
      Object.assign(this, {cy, graph, hosts, onSelect, selected: -1, hovered: -1, view: {keep: 1, errors: true, limit: graph.n_edges}});
      this.abort = new AbortController();
      this.listeners = [];
      this.layer = new graphDraw.EdgeLayer(cy, graph, hosts.under, hosts.over, graphStyle.colours());
      this.axes = new graphAxes.Axes(cy, graph, hosts.over);
      this.tooltip = new graphTooltip.Tooltip(hosts.over);
      this.layer.onRest = zoom => this._restyle(zoom);
      this._followViewport();
      this._followPointer();
      this._followKeys();
      this.theme = new MutationObserver(() => this._recolour());
      this.theme.observe(document.documentElement, {attributes: true, attributeFilter: ["data-mantine-color-scheme"]});
      this.fit(READABLE);
    }

    destroy() {
      for (const [event, handler] of this.listeners) this.cy.off(event, handler);
      this.abort.abort();
      this.theme.disconnect();
      this.layer.destroy();
      this.axes.destroy();
      this.tooltip.destroy();
      this.hosts.lists.replaceChildren();
    }

    /* Show nodes up to a cumulative influence, errors or not, and at most `limit` edges; returns the counts. */
    filter(keep, errors, limit) {
      this.view = {keep, errors, limit};
      const shown = this.shown = graphData.visible(this.graph, keep, errors, this.selected);
      const edges = graphData.visibleEdges(this.graph, shown, limit), own = this.graph.n_own_edges;
      const last_own = edges.findIndex(e => e >= own), n_own = last_own < 0 ? edges.length : last_own;
      const own_shown = new Set(edges.subarray(0, n_own));
      this.cy.batch(() => {
        this.graph.ids.forEach((id, n) => this._setHidden(id, !shown[n]));
        for (let e = 0; e < own; e++) this._setHidden(`e${e}`, !own_shown.has(e));
      });
      this.layer.show(shown, edges.subarray(n_own));
      this._list();
      return {n_nodes: shown.reduce((sum, one) => sum + one, 0), n_edges: edges.length};
    }

    /* Make the node of this id the selected one, null for none, and unless `quiet` tell the page. */
    choose(id, quiet = false) {
      const node = id === null ? -1 : this.graph.number.get(id) ?? -1;
      if (node === this.selected) return;
      this.selected = node;
      this.cy.batch(() => {
        this.cy.nodes(":selected").unselect();
        if (node >= 0) this.cy.getElementById(this.graph.ids[node]).select();
      });
      if (!this.shown || this._needsFilter(node)) this.filter(this.view.keep, this.view.errors, this.view.limit);
      else this._list();
      this.layer.select(node);
      this._mark();
      this._reveal(node);
      if (!quiet) this.onSelect(node < 0 ? null : this.graph.ids[node]);
    }

    /* Pan by as little as brings `node` into view. */
    _reveal(node) {
      if (node < 0) return;
      const {x, y} = this.cy.getElementById(this.graph.ids[node]).renderedPosition();
      const into = (at, low, high) => Math.max(low - at, 0) + Math.min(high - at, 0);
      const by = {x: into(x, INSETS.left, this.cy.width() - INSETS.right), y: into(y, INSETS.left, this.cy.height() - INSETS.tilted)};
      if (by.x || by.y) this.cy.panBy(by);
    }

    /* Bring the whole grid into view, but not below the zoom `least`: then the side of the logits. */
    fit(least = 0) {
      const was_tilted = this.axes.tilted;
      this._fit(least);
      this.axes.place();
      if (this.axes.tilted !== was_tilted) this._fit(least);
      this.axes.place();
      this.layer.draw();
    }

    _fit(least) {
      const {columns, rows} = this.graph, width = this.cy.width() - INSETS.left - INSETS.right, row = Math.abs(rows[1] - rows[0]);
      const height = this.cy.height() - INSETS.top - (this.axes.tilted ? INSETS.tilted : INSETS.bottom);
      const across = columns[columns.length - 1], up = rows[0] - rows[rows.length - 1] + row;
      const whole = Math.min(width / across, height / up, 1.6), zoom = Math.max(whole, Math.min(least, height / up));
      const spare = width - across * zoom, bottom = INSETS.top + height / 2 + up * zoom / 2;
      this.cy.viewport({zoom, pan: {x: INSETS.left + (spare < 0 ? spare : spare / 2), y: bottom - row / 2 * zoom}});
    }

    _setHidden(id, hidden) {
      const element = this.cy.getElementById(id);
      if (Boolean(element.data("hidden")) !== hidden) element.data("hidden", hidden ? 1 : 0);
    }

    /* Whether selecting `node` changes what is shown: a node that only shows while it is selected. */
    _needsFilter(node) {
      const was_extra = graphData.visible(this.graph, this.view.keep, this.view.errors, node);
      return was_extra.some((one, n) => one !== this.shown[n]);
    }

    _list() { graphLists.fill(this.hosts.lists, this.graph, this.selected, this.shown, id => this.choose(id)); }

    /* Colour the selected node's neighbours by the sign of their edge; let all others step back. */
    _mark() {
      const classes = ["near-positive", "near-negative", "far"].join(" "), {graph, selected} = this, near = new Map([[selected, ""]]);
      if (selected >= 0) {
        for (const e of [...graph.outgoing(selected), ...graph.incoming(selected)]) {
          const other = graph.source[e] === selected ? graph.target[e] : graph.source[e];
          near.set(other, graph.weight[e] < 0 ? "near-negative" : "near-positive");
        }
      }
      this.cy.batch(() => {
        this.cy.elements().removeClass(classes);
        if (selected < 0) return;
        this.cy.edges().addClass("far");
        graph.ids.forEach((id, n) => this.cy.getElementById(id).addClass(near.has(n) ? near.get(n) : "far"));
      });
    }

    _on(event, handler) {
      this.listeners.push([event, handler]);
      this.cy.on(event, handler);
    }

    _followViewport() {
      this._on("viewport", () => {
        this.layer.move();
        this.tooltip.hide();
        this.frame ??= requestAnimationFrame(() => { this.frame = undefined; this.axes.place(); });
      });
      this._on("dragpan scrollzoom pinchzoom", () => { this.moved = true; });
      this._on("resize", () => {
        if (!this.moved) this.fit(READABLE);
        this.layer.resize();
        this.axes.place();
      });
    }

    _followPointer() {
      this._on("mousemove", event => this._hover(this._nearest(event.renderedPosition), event));
      this._on("tap", event => { if (event.target === this.cy || event.target.isNode()) this._tap(event.renderedPosition); });
      this.hosts.stage.addEventListener("mouseleave", () => this._hover(-1, null), {signal: this.abort.signal});
    }

    _tap(point) {
      const node = this._nearest(point);
      this.hosts.stage.dataset.pointer = "";  // the ring is for those who came by keyboard
      this.hosts.stage.focus({preventScroll: true});
      this.choose(node < 0 ? null : this.graph.ids[node]);
      this.cy.nodes().forEach(one => { if (one.id() !== this.graph.ids[this.selected]) one.unselect(); });
    }

    /* The shown node nearest to a point of the screen, if it is within reach. */
    _nearest({x, y}) {
      const zoom = this.cy.zoom(), pan = this.cy.pan(), {layer} = this;
      let best = -1, least = Infinity;
      for (let n = 0; n < this.graph.n_nodes; n++) {
        if (!this.shown?.[n]) continue;
        const away = Math.hypot(layer.x[n] * zoom + pan.x - x, layer.y[n] * zoom + pan.y - y);
        if (away < least && away < Math.max(REACH, layer.radius[n] * zoom)) [best, least] = [n, away];
      }
      return best;
    }

    _hover(node, event) {
      if (node !== this.hovered) {
        if (this.hovered >= 0) this.cy.getElementById(this.graph.ids[this.hovered]).removeClass("hovered");
        if (node >= 0) this.cy.getElementById(this.graph.ids[node]).addClass("hovered");
        if (this.selected < 0 && (node < 0) !== (this.hovered < 0)) this.cy.edges().toggleClass("far", node >= 0);
        this.hovered = node;
        this.layer.hover(node);
        this.hosts.stage.style.cursor = node >= 0 ? "pointer" : "";
      }
      const edge = node < 0 && event && event.target !== this.cy && event.target.isEdge() ? Number(event.target.id().slice(1)) : -1;
      if (node < 0 && edge < 0) this.tooltip.hide();
      else {
        const lines = node >= 0 ? graphTooltip.nodeLines(this.graph, node, this.selected) : graphTooltip.edgeLines(this.graph, edge);
        this.tooltip.show(lines, event.renderedPosition.x, event.renderedPosition.y);
      }
    }

    _followKeys() {
      const act = event => {
        delete this.hosts.stage.dataset.pointer;
        if (event.target.closest("input, textarea, [contenteditable]") || event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.key === "Escape") this.choose(null);
        else if (event.key === "f") this.fit();
        else if (event.key.startsWith("Arrow") && this.hosts.stage.contains(document.activeElement)) {
          event.preventDefault();
          this.choose(this.graph.ids[this._next(event.key)]);
        }
      };
      this.hosts.stage.addEventListener("keydown", act, {signal: this.abort.signal});
    }

    /* Where an arrow leads; from nowhere, to the first logit. */
    _next(key) {
      if (this.selected < 0) return this.graph.kind.indexOf(graphData.LOGIT);
      return graphData.step(this.shown, this.layer.x, this.layer.y, this.selected, key);
    }

    /* Cytoscape's lines for this zoom, if it has changed enough to see. */
    _restyle(zoom) {
      if (this.styled && Math.abs(Math.log(zoom / this.styled)) < 0.2) return;
      this.styled = zoom;
      this.cy.style().fromJson(graphStyle.stylesheet(this.layer.colours, zoom)).update();
    }

    _recolour() {
      this.styled = null;
      this.layer.recolour(graphStyle.colours());
    }
  }

  globalThis.graphWorkbench = {Workbench};
})();
