mod clock;
mod cost;
mod decision;
mod swap;
mod verdict_independence;
