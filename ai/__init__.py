"""AI columns: cells that Claude computes from other cells of their row. docs/ai-columns.md tells how it works."""
