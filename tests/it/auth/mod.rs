mod clock;
mod cost;
