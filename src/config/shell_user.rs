/// The user of this process, for the audit: its name in `/etc/passwd`, else `uid:NUMBER`; with sudo, the caller's name
/// behind it. `USER` and the like are not read: any caller can set them.
pub fn shell_user() -> String {
    let uid = rustix::process::getuid().as_raw();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = user_name(&passwd, uid).unwrap_or_else(|| format!("uid:{uid}"));
    let sudo_user = std::env::var_os("SUDO_USER").map(|name| printable(&name.to_string_lossy()));
    match sudo_user.filter(|name| !name.is_empty() && *name != user) {
        Some(name) => format!("{user} (sudo {name})"),
        None => user,
    }
}

/// Looks a user up in the format of passwd(5).
fn user_name(passwd: &str, uid: u32) -> Option<String> {
    let uid = uid.to_string();
    let name = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then_some(name)
    });
    name.map(printable).filter(|name| !name.is_empty())
}

fn printable(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_in_passwd_by_uid() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nbroken\n:x:7:7:::\n";
        assert_eq!(user_name(passwd, 0).as_deref(), Some("root"));
        assert_eq!(user_name(passwd, 1000).as_deref(), Some("ann"));
        assert_eq!([1, 7].map(|uid| user_name(passwd, uid)), [None, None]);
    }
}
