// Light and dark: the system decides until the person does; the choice stays in this browser. Gradio adds this script
// to a page that is already there.
(() => {
    const key = "sizing-theme";
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    const dark = () => ({ dark: true, light: false })[localStorage.getItem(key)] ?? system.matches;

    function apply() {
        const wanted = dark();
        document.documentElement.style.colorScheme = wanted ? "dark" : "light";
        if (document.body.classList.contains("dark") !== wanted) document.body.classList.toggle("dark", wanted);
    }

    apply();
    new MutationObserver(apply).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    document.addEventListener("click", (event) => {
        if (!event.target.closest("[data-theme-toggle]")) return;
        localStorage.setItem(key, dark() ? "light" : "dark");
        apply();
    });
    system.addEventListener("change", apply);
})();
