(...values) => {
    document.querySelector(".own-page").inert = true;
    return values;
}
