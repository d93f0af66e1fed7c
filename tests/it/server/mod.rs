mod dying;
mod upgrade;
