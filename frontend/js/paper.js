// The paper beside the checklist can be turned and enlarged in place; without this, its links open the picture.
const TURNS = ["", "cw-paper--turn-90", "cw-paper--turn-180", "cw-paper--turn-270"];

// A page that lies on its side is made as wide as the desk, and its place as high as it then is.
function fit(picture, turn) {
  const page = picture.closest(".cw-paper__page");
  const sideways = turn % 2 === 1;
  const ratio = picture.offsetWidth / picture.offsetHeight;
  page.style.setProperty("--cw-fit", sideways ? ratio : 1);
  page.style.setProperty("height", sideways ? `${picture.offsetWidth * ratio}px` : "auto");
}

export function offerHandling(root) {
  for (const paper of root.querySelectorAll("[data-cw-paper]")) {
    const pictures = paper.querySelectorAll(".cw-paper__page img");
    if (!pictures.length) {
      continue;
    }
    let turn = 0;
    const tools = paper.querySelector("[data-cw-paper-tools]");
    tools.hidden = false;
    tools.querySelector("[data-act=turn]").addEventListener("click", () => {
      paper.classList.remove(...TURNS.filter(Boolean));
      turn = (turn + 1) % TURNS.length;
      if (TURNS[turn]) {
        paper.classList.add(TURNS[turn]);
      }
      pictures.forEach((picture) => fit(picture, turn));
    });
    tools.querySelector("[data-act=enlarge]").addEventListener("click", (event) => {
      const large = paper.classList.toggle("cw-paper--large");
      event.currentTarget.setAttribute("aria-pressed", String(large));
      pictures.forEach((picture) => fit(picture, turn));
    });
  }
}
