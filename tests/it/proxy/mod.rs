mod credentials;
mod forwarding;
mod identity;
mod rejections;
