//! `/credential-files`

use claviger::store::{CredentialRecord, Role};

use super::visitors::{HOSTILE, Pages, assert_roles};
use crate::store::test_database::{label, token};

const FILE: &str = "credentials:\n  - id: acme-new\n    account: acme\n    \
    token_sha256: 0000000000000000000000000000000000000000000000000000000000000001\n";
const PATHS: [&str; 4] =
    ["/credential-files", "/credential-files/export", "/credential-files/check", "/credential-files/import"];

#[tokio::test]
async fn those_who_manage_credentials_export_and_staff_imports() {
    let pages = Pages::start().await;
    for path in PATHS {
        assert_roles(&pages, path, [200, 200, 200, 403]).await;
    }
    let (owner, member) = (pages.owner().await, pages.person(Role::Member).await);
    assert!(!owner.get("/credential-files").await.text.contains("type=\"file\""));
    assert_eq!(member.post("/credential-files/export", "format=yaml").await.status, 403);
    for person in [&owner, &member] {
        assert_eq!(person.upload("/credential-files/check", &[], FILE.as_bytes()).await.status, 403);
        assert_eq!(person.post("/credential-files/import", "content=x").await.status, 403);
    }
    pages.bed.execute("UPDATE accounts SET granted = FALSE").await;
    for path in PATHS {
        assert_roles(&pages, path, [200, 404, 404, 403]).await;
    }
    assert_eq!(owner.post("/credential-files/export", "format=yaml").await.status, 404);
}

#[tokio::test]
async fn an_export_has_the_credentials_within_reach() {
    let pages = Pages::start().await;
    pages.bed.put(&token("integration", "acme", "clv_x")).await;
    pages.bed.put(&token("foreign", "hooli", "clv_y")).await;
    let (owner, staff) = (pages.owner().await, pages.person(Role::Staff).await);
    for (format, name) in
        [("yaml", "credentials.yaml"), ("csv", "credentials.csv"), ("htpasswd", "credentials.htpasswd")]
    {
        // The page stays, so the same form is sent twice.
        for _ in 0..2 {
            let file = owner.post("/credential-files/export", &format!("format={format}")).await;
            assert_eq!(file.status, 200, "{}", file.text);
            assert!(file.header("content-disposition").contains(name), "{format}");
            assert!(file.header("content-type").starts_with("text/plain"), "{format}");
            assert!(!file.text.contains("foreign") && !file.text.contains("<html"), "{}", file.text);
            assert_eq!(file.text.contains("integration"), format != "htpasswd", "{}", file.text);
        }
    }
    assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM audit WHERE verb = 'export'").await, 6);
    let all = staff.post("/credential-files/export", "format=yaml").await;
    assert!(all.text.contains("foreign") && all.text.contains("integration"), "{}", all.text);
    let one = staff.post("/credential-files/export", "format=yaml&account=hooli").await;
    assert!(one.text.contains("foreign") && !one.text.contains("integration"), "{}", one.text);
    for (form, status) in
        [("format=exe", 422), ("format=yaml&account=a+b", 422), ("format=yaml&account=none", 404), ("x=y", 400)]
    {
        assert_eq!(staff.post("/credential-files/export", form).await.status.as_u16(), status, "{form}");
    }
    assert_eq!(owner.post("/credential-files/export", "format=yaml&account=hooli").await.status, 400);
}

#[tokio::test]
async fn an_import_says_first_what_it_changes() {
    let pages = Pages::start().await;
    let staff = pages.person(Role::Staff).await;
    let export = {
        let pinned = CredentialRecord { version: Some(label("2")), ..token("integration", "acme", "clv_x") };
        pages.bed.put(&pinned).await;
        staff.post("/credential-files/export", "format=yaml").await.text
    };
    let same = staff.upload("/credential-files/check", &[("import_format", "yaml")], export.as_bytes()).await;
    assert!(same.status == 200 && same.text.contains("1 API account is the same as in the file"), "{}", same.text);
    assert!(!same.text.contains(">Import</button>"), "nothing would change: {}", same.text);

    let file = export.replace("integration", "another");
    pages.bed.delete("integration").await;
    let plan = staff.upload("/credential-files/check", &[("import_format", "yaml")], file.as_bytes()).await;
    assert!(
        plan.status == 200 && plan.text.contains("1 new API account") && plan.text.contains("another"),
        "{}",
        plan.text
    );
    assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM credentials").await, 0);

    let content: String = percent_encoding::utf8_percent_encode(&file, percent_encoding::NON_ALPHANUMERIC).to_string();
    let form = format!("once=a&import_format=yaml&content={content}");
    assert_eq!(staff.post("/credential-files/import", &form).await.leads(), (303, "/keys/credential-files"));
    assert!(staff.post("/credential-files/import", &form).await.text.contains("This was done already"));
    assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM credentials WHERE id = 'another'").await, 1);
}

#[tokio::test]
async fn faults_of_a_file_have_line_and_column() {
    let pages = Pages::start().await;
    let staff = pages.person(Role::Staff).await;
    for (file, at) in [
        ("credentials:\n  - id: a b\n    account: acme\n    nothing: x\n", "line 2, column"),
        ("credentials: [\n", "line "),
        ("junk", "line "),
    ] {
        let page = staff.upload("/credential-files/check", &[("import_format", "yaml")], file.as_bytes()).await;
        assert_eq!(page.status, 422, "{file}: {}", page.text);
        assert!(page.text.contains("Faults of the file") && page.text.contains(at), "{file}: {}", page.text);
    }
    for (fields, file, field) in [
        (&[("import_format", "htpasswd")][..], &b"a:{SHA}L55TUjtiq8FBorTWAZ0jy6g129A="[..], "import_account"),
        (&[("import_format", "yaml"), ("import_version", "1")], b"x", "import_version"),
        (&[("import_format", "exe")], b"x", "import_format"),
        (&[("import_format", "htpasswd"), ("import_account", "a b")], b"x", "import_account"),
        (&[], b"", "file"),
        (&[], b"\xff", "file"),
        (&[], &[b'x'; 300 * 1024 + 1], "file"),
    ] {
        let page = staff.upload("/credential-files/check", fields, file).await;
        assert!(
            page.status == 422 && page.text.contains(&format!("id=\"{field}-fault\"")),
            "{fields:?}: {}",
            page.text
        );
    }
    for (fields, status) in
        [(&[("other", "x")][..], 400), (&[("import_format", "yaml"), ("import_format", "csv")], 400)]
    {
        assert_eq!(staff.upload("/credential-files/check", fields, FILE.as_bytes()).await.status.as_u16(), status);
    }
    assert_eq!(staff.upload("/credential-files/check", &[], &[b'x'; 2 << 20]).await.status, 413);
    assert_eq!(staff.post("/credential-files/check", "import_format=yaml").await.status, 415);
    let hostile = format!("credentials:\n  - id: '{}'\n", HOSTILE.replace('\'', "''"));
    let page = staff.upload("/credential-files/check", &[], hostile.as_bytes()).await;
    assert!(page.status == 422 && !page.text.contains("<img"), "{}", page.text);
    assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM credentials").await, 0);
}
