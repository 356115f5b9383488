"""Looks: a Gradio theme with fonts that the package serves itself, and a style sheet."""

import gradio as gr

from sizing_app.ui.parts.components import ASSETS, read_asset

SANS = (gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif")
MONO = (gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700)), "ui-monospace", "monospace")

SCRIPTS = ("theme.js", "tabs.js", "keys.js", "turn_canvas.js", "heat_strip.js", "turn_plot.js")


def theme() -> gr.themes.Base:
    return gr.themes.Base(
        primary_hue=gr.themes.colors.blue, neutral_hue=gr.themes.colors.slate, text_size=gr.themes.sizes.text_sm,
        spacing_size=gr.themes.sizes.spacing_sm, radius_size=gr.themes.sizes.radius_sm, font=SANS, font_mono=MONO,
    ).set(
        body_background_fill="#f4f6f8", body_background_fill_dark="#12161c",
        block_background_fill="#ffffff", block_background_fill_dark="#1a2028",
        block_border_width="0px", block_shadow="none", block_shadow_dark="none",
        block_label_background_fill="transparent",
        input_background_fill="#ffffff", input_background_fill_dark="#12161c",
        input_border_color="#c9d1da", input_border_color_dark="#3a4552",
        button_primary_background_fill="#1259b8", button_primary_background_fill_dark="#2f74d0",
        button_primary_background_fill_hover="#0d4794", button_primary_background_fill_hover_dark="#4486dd",
        button_primary_text_color="#ffffff", button_primary_text_color_dark="#ffffff",
    )


def head() -> str:
    """Style sheet and scripts; in the head, since Gradio rewrites what it gets as ``css``."""
    scripts = "".join(f"<script>{read_asset(name)}</script>" for name in SCRIPTS)
    return f"<style>{read_asset('style.css')}</style>{scripts}"


FAVICON = ASSETS / "favicon.svg"
