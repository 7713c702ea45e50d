/* Cells of the grids that are more than text.  Everything goes in as children or text, never as HTML. */
window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {};
(function (cells) {
  const h = (...parts) => window.React.createElement(...parts);
  const COLORS = { queued: "gray", running: "blue", done: "teal", failed: "red", cancelled: "gray", lost: "orange" };

  /* A link inside the app: dash listens for history changes. */
  function go(event, href) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    window.history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  }

  cells.GraphLink = ({ value, data }) => {
    const href = "/graph/" + encodeURIComponent(data.id);
    return h("a", { href, className: "cell-link", onClick: (event) => go(event, href) }, value);
  };

  cells.Token = ({ value }) => h("span", { className: "token" }, (value || "").replace(/ /g, "·").replace(/\n/g, "↵"));

  cells.State = ({ value }) => h("span", { className: "badge " + COLORS[value] }, value);

  cells.Progress = ({ value, data }) =>
    h("span", { className: "cell-progress" }, [
      h("span", { key: "bar", className: "cell-bar " + COLORS[data.state] }, h("span", { style: { width: 100 * value + "%" } })),
      h("span", { key: "text", className: "numbers" }, Math.round(100 * value) + " %"),
    ]);

  cells.Elapsed = ({ data }) => h("span", { className: "numbers" }, data.elapsed);

  cells.Ago = ({ data }) => h("span", { className: "numbers", title: String(data.created_title || data.created_at) }, data.created);
})(window.dashAgGridComponentFunctions);
