import { startActions } from "./action/start.ts";
import { byId } from "./dom/h.ts";
import { startTheme } from "./dom/theme.ts";
import type { ViewName } from "./model/facts.ts";
import { startSources } from "./sources.ts";
import { createState, factsOf } from "./state.ts";
import { renderAlerts } from "./view/alerts.ts";
import { renderCharts, restyleCharts, startCharts } from "./view/charts.ts";
import { renderConfiguration, startConfiguration } from "./view/configuration.ts";
import { renderErrors, startErrors } from "./view/errors.ts";
import { renderHeadline } from "./view/headline.ts";
import { startLog } from "./view/log.ts";
import { renderOverview } from "./view/overview.ts";
import { renderSignIn, startSignIn } from "./view/sign-in.ts";
import { renderSystem } from "./view/system.ts";
import { renderTopology, startTopology } from "./view/topology.ts";
import { renderWarnings, startWarnings } from "./view/warnings.ts";

const VIEWS: readonly ViewName[] = ["overview", "topology", "errors", "alerts", "system", "configuration", "log"];

const state = createState();
let isDue = false;

/** Draws at the next frame, once for whatever has changed until then; not at all while the tab is hidden. */
function changed(): void {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    render();
  });
}

function render(): void {
  const facts = factsOf(state, Date.now());
  renderSignIn(state);
  renderHeadline(state, facts);
  showView();
  if (state.view === "overview") {
    renderOverview(state, facts);
    renderCharts(state);
    renderWarnings(state);
  } else if (state.view === "topology") renderTopology(facts);
  else if (state.view === "errors") renderErrors(state, facts);
  else if (state.view === "alerts") renderAlerts(state, facts);
  else if (state.view === "system") renderSystem(state, facts);
  else if (state.view === "configuration") renderConfiguration(state);
  log.update();
  warnings.update();
}

/** Of the views only the chosen one is there; the others are hidden. */
function showView(): void {
  for (const name of VIEWS) byId(name).hidden = state.needsToken || name !== state.view;
  for (const link of byId("views").querySelectorAll("a")) {
    if (link.hash === `#/${state.view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** The view is in the address, so that it can be sent to somebody. Another fragment changes nothing. */
function chooseView(): void {
  const named = VIEWS.find((name) => location.hash === `#/${name}`);
  if (named === undefined || named === state.view) return;
  state.view = named;
  scrollTo(0, 0);
  renew();
}

/** Asks at once for what is shown from now on. */
function renew(): void {
  changed();
  sources.now();
}

const log = startLog(state);
const warnings = startWarnings(state, changed);
const sources = startSources(state, changed);
startTheme(restyleCharts);
startCharts(state, changed, renew);
startTopology(changed);
startErrors(changed);
startConfiguration(changed);
chooseView();
addEventListener("hashchange", chooseView);
startSignIn(state, changed, renew);
startActions(state, renew);
document.addEventListener("visibilitychange", () => {
  // Nothing is drawn while the tab is hidden, and nothing is read either.
  log.update();
  warnings.update();
  changed();
});
