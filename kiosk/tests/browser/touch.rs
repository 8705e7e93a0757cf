//! What a finger has to hit, and whether a page fits its window.

use crate::axe::lines;
use crate::browser::Browser;

/// Everything that is pressed and smaller than it must be. A box counts with its label; a link within a sentence is as high
/// as its line (WCAG 2.2, 2.5.8); what lies outside the page is for keyboards.
const SMALL: &str = "const least = document.documentElement.classList.contains('kiosk') ? 64 : 44; \
     const pressed = 'a[href], button, input, select, textarea, summary, label'; \
     const name = (it) => `${it.tagName.toLowerCase()}#${it.id}.${it.className} ${(it.innerText || it.name || '').slice(0, 30)}`; \
     const isBox = (it) => it.matches('input[type=checkbox], input[type=radio]'); \
     const small = []; let count = 0; \
     for (const it of document.querySelectorAll(pressed)) { \
       if (it.matches('input[type=hidden]') || (isBox(it) && it.labels.length)) continue; \
       if (it.tagName === 'LABEL' && !(it.control && isBox(it.control))) continue; \
       const style = getComputedStyle(it); const box = it.getBoundingClientRect(); \
       if (!it.checkVisibility({ visibilityProperty: true }) || box.right <= 0 || box.bottom + scrollY <= 0) continue; \
       const around = it.parentElement.closest('p, li, td, dd'); \
       if (it.tagName === 'A' && style.display === 'inline' && around && it.innerText.trim() !== around.innerText.trim()) continue; \
       count += 1; \
       if (box.width < least - 0.5 || box.height < least - 0.5) \
         small.push(`${name(it)}: ${box.width.toFixed(1)} × ${box.height.toFixed(1)}, least ${least}`); \
     } \
     return { small, count };";

/// How many pixels a page is wider than its window, and what sticks out.
const WIDE: &str = "const root = document.scrollingElement; \
     if (root.scrollWidth <= innerWidth) return []; \
     const out = [...document.querySelectorAll('body *')].filter((it) => it.getBoundingClientRect().right > innerWidth + 0.5); \
     return [`the page is ${root.scrollWidth} wide and the window ${innerWidth}`, \
       ...out.map((it) => `${it.tagName.toLowerCase()}#${it.id}.${it.className} ends at ${it.getBoundingClientRect().right}`)];";

impl Browser {
    /// What is too small for a finger.
    pub(crate) async fn small_targets(&self) -> Vec<String> {
        let found = self.script(SMALL).await;
        assert!(found["count"].as_u64().unwrap() > 2, "{found}");
        lines(&found["small"])
    }

    /// What would have to be scrolled sideways.
    pub(crate) async fn too_wide(&self) -> Vec<String> {
        lines(&self.script(WIDE).await)
    }
}
