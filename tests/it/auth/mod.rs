mod cost;
mod decision;
mod verdicts;
