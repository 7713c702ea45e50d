"""Mantine's theme: its palettes are those of the stylesheet, its sizes are dense."""

from typing import Any

THEME: Any = {
    "primaryColor": "blue",
    "primaryShade": {"light": 7, "dark": 6},
    "defaultRadius": "sm",
    "fontFamily": "var(--font)",
    "fontFamilyMonospace": "var(--mono)",
    "fontSizes": {"xs": "12px", "sm": "13px", "md": "14px", "lg": "16px", "xl": "18px"},
    "headings": {"fontFamily": "var(--font)", "fontWeight": "600"},
    "cursorType": "pointer",
    "colors": {
        "blue": [
            "#eef4fc", "#dae6f7", "#b4ccef", "#8bb0e6", "#6a99df", "#5488d8", "#477fd3", "#386cba", "#2c5fa8", "#1d5295",
        ],
        "dark": [
            "#d3d9e2", "#b4bcc8", "#8b95a4", "#667080", "#3b434f", "#2c333d", "#232931", "#1a1f26", "#14181e", "#0f1216",
        ],
    },
}  # fmt: skip
