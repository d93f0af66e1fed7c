mod credentials;
mod forwarding;
mod identity;
mod odd;
mod rejections;
mod targets;
