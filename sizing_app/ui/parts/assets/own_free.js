() => { document.querySelector(".own-page").inert = false; }
