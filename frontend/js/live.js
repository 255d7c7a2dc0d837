// Parts of a page that change while somebody looks at it are fetched anew; without this, its link does the same.
// Each part keeps its place in the page, so that one with a role of status is read out when its words change.
const EVERY_SECONDS = 3;
// A page nobody has touched for so long rests, and its session ends when it should.
const AT_MOST_MINUTES = 10;

async function fetched() {
  const answer = await fetch(location.href, { redirect: "error", cache: "no-store" });
  if (!answer.ok) {
    throw new Error(answer.status);
  }
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function renew(place, page) {
  const fresh = page.getElementById(place.id);
  if (fresh && fresh.innerHTML !== place.innerHTML && !place.contains(document.activeElement)) {
    place.innerHTML = fresh.innerHTML;
  }
}

export function offerLooking(root) {
  const places = root.querySelectorAll("[data-cw-live]");
  if (!places.length) {
    return;
  }
  const hint = root.querySelector("[data-cw-live-hint]");
  let touched = Date.now();
  for (const sign of ["pointermove", "keydown", "focus", "visibilitychange"]) {
    window.addEventListener(sign, () => (touched = Date.now()), { passive: true });
  }
  const timer = setInterval(async () => {
    if (document.hidden || Date.now() - touched > AT_MOST_MINUTES * 60_000) {
      return;
    }
    try {
      const page = await fetched();
      places.forEach((place) => renew(place, page));
    } catch {
      // Signed out, or the platform is away: the link above says so when it is followed.
      clearInterval(timer);
      hint.hidden = true;
    }
  }, EVERY_SECONDS * 1000);
  hint.hidden = false;
}
