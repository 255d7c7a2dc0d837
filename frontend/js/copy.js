// A code that people must carry elsewhere gets a button that copies it; the words lie in the page.
export function offerCopying(root) {
  if (!navigator.clipboard) {
    return;
  }
  for (const place of root.querySelectorAll("[data-cw-copy]")) {
    const button = place.querySelector("button");
    const told = place.querySelector("[role=status]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(place.querySelector("code").textContent.trim());
      told.textContent = button.dataset.done;
    });
  }
}
