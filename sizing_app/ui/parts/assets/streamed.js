
// A stream of the page (stream.js) sets the value too, perhaps before this script has run.
const block = element.parentElement.closest("[id]");

function take() {
    props.value = block.streamed;
    draw();
}

block.addEventListener("streamed", take);
if (block.streamed) take();
