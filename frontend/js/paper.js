// The paper beside the checklist can be turned and enlarged in place; without this, its links open the picture.
const TURNS = ["", "cw-paper--turn-90", "cw-paper--turn-180", "cw-paper--turn-270"];

function fit(page, turn) {
  const picture = page.querySelector("img");
  const sideways = turn % 2 === 1;
  page.style.setProperty("height", sideways ? `${picture.offsetWidth}px` : "auto");
}

export function offerHandling(root) {
  for (const paper of root.querySelectorAll("[data-cw-paper]")) {
    let turn = 0;
    const tools = paper.querySelector("[data-cw-paper-tools]");
    tools.hidden = false;
    tools.querySelector("[data-act=turn]").addEventListener("click", () => {
      paper.classList.remove(...TURNS.filter(Boolean));
      turn = (turn + 1) % TURNS.length;
      if (TURNS[turn]) {
        paper.classList.add(TURNS[turn]);
      }
      paper.querySelectorAll(".cw-paper__page").forEach((page) => fit(page, turn));
    });
    tools.querySelector("[data-act=enlarge]").addEventListener("click", (event) => {
      const large = paper.classList.toggle("cw-paper--large");
      event.currentTarget.setAttribute("aria-pressed", String(large));
    });
  }
}
