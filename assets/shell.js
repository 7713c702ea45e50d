/* Behaviour of the frame around the pages. */
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.shell = {
  LINKS: ["/", "/graphs/new", "/graphs", "/dictionaries", "/jobs"],

  /* Class names of the navigation's links: the one that leads to the page on screen is marked. */
  activeLinks(pathname) {
    const path = (pathname || "/").replace(/(.)\/$/, "$1");
    const at = path.startsWith("/graph/") ? "/graphs" : path;
    return this.LINKS.map((link) => (link === at ? "nav-link active" : "nav-link"));
  },

  /* The dashboard answers every second; after six without an answer the page says so. */
  offline(n, alive) {
    const shell = window.dash_clientside.shell;
    if (alive !== shell.lastAlive) { shell.lastAlive = alive; shell.lastTick = n; }
    return n - (shell.lastTick || 0) > 6 ? "offline on" : "offline";
  },
};
