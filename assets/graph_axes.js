/* Names of layers and tokens that stay in view while the graph moves under them. */
(function () {
  "use strict";

  const ROW_NAMES = 44;  // pixels that the layers' names take

  function label(host, text, tip) {
    const element = document.createElement("span");
    element.textContent = text;
    element.title = tip;
    host.append(element);
    return element;
  }

  /* A token with its invisible characters made visible. */
  function visible(token) { return token.replace(/^ +/, spaces => "·".repeat(spaces.length)).replace(/\n/g, "↵").replace(/\t/g, "⇥"); }

  /* About how many pixels a token's name takes, cut off after a few letters. */
  function textWidth(text) { return 7 * Math.min(text.length, 9) + 8; }

  class Axes {
    constructor(cy, graph, host) {
      Object.assign(this, {cy, graph});
      this.rows = document.createElement("div");
      this.rows.className = "graph-rows";
      this.columns = document.createElement("div");
      this.columns.className = "graph-columns";
      this.targets = document.createElement("div");
      this.targets.className = "graph-targets";
      host.append(this.targets, this.rows, this.columns);
      this.row_labels = graph.row_names.map(name => label(this.rows, name, name));
      this.column_labels = graph.tokens.map((token, n) => label(this.columns, visible(token), `${visible(token)} (position ${n})`));
      this.logits = graph.ids.filter((_, n) => graph.kind[n] === graphData.LOGIT);
      this.logit_labels = this.logits.map(id => {
        const text = graph.labels[graph.number.get(id)];
        return label(this.targets, text, text);
      });
      this.place();
    }

    /* Put the names beside their rows and under their columns; of rows too close to read, every second or fourth. */
    place() {
      const zoom = this.cy.zoom(), pan = this.cy.pan(), {rows, columns} = this.graph;
      const pitch = Math.abs(rows[1] - rows[0]) * zoom, every = pitch >= 13 ? 1 : pitch >= 6.5 ? 2 : 5;
      this.row_labels.forEach((element, n) => {
        element.hidden = n % every !== 0 && n !== rows.length - 1;
        element.style.transform = `translateY(${rows[n] * zoom + pan.y}px) translateY(-50%)`;
      });
      const cramped = this.column_labels.filter((element, n) => (columns[n + 1] - columns[n]) * zoom < textWidth(element.textContent));
      this.tilted = cramped.length > this.column_labels.length / 4;
      this.columns.classList.toggle("tilted", this.tilted);
      this.column_labels.forEach((element, n) => {
        const [left, right] = this._seen(columns[n] * zoom + pan.x, columns[n + 1] * zoom + pan.x), across = right - left;
        element.style.transform = `translateX(${left + across / 2}px)${this.tilted ? " rotate(-38deg)" : ""}`;
        element.style.setProperty("--width", `${Math.max(across - 6, 12)}px`);
      });
      this.logits.forEach((id, n) => {
        const {x, y} = this.cy.getElementById(id).position();
        this.logit_labels[n].style.transform = `translate(${x * zoom + pan.x}px,${y * zoom + pan.y - 7 * zoom - 3}px) rotate(-58deg)`;
      });
    }

    /* The part of a column from `left` to `right` that is in view, or all of it if none is. */
    _seen(left, right) {
      const start = Math.max(left, ROW_NAMES), end = Math.min(right, this.cy.width());
      return end - start > 24 ? [start, end] : [left, right];
    }

    destroy() { for (const host of [this.targets, this.rows, this.columns]) host.remove(); }
  }

  globalThis.graphAxes = {Axes, visible};
})();
