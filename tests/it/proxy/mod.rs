mod credentials;
mod forwarding;
mod heads;
mod identity;
mod odd;
mod rejections;
mod targets;
