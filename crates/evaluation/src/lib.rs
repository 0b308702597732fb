//! What it means: indicators with their parts and the facts behind them.
