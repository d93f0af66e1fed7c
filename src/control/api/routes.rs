//! Routes of operations.

use std::convert::Infallible;

use axum::Extension;
use axum::handler::Handler;
use axum::routing::MethodRouter;
use utoipa::__dev::{SchemaReferences, Tags};
use utoipa::Path;
use utoipa::openapi::path::{Operation, Paths};
use utoipa::openapi::{RefOr, Schema};
use utoipa_axum::PathItemExt as _;
use utoipa_axum::router::UtoipaMethodRouter;

use super::call::Idempotent;
use crate::control::web::state::ControlState;

/// The operations with one path, by the names of their functions. Unlike that of `utoipa_axum`, it describes them in
/// tests only: the program has the description as a file.
macro_rules! routes {
    ($($handler:ident),+ $(,)?) => {
        utoipa_axum::paste! {
            $crate::control::api::routes::Operations::default()$(.add([<__path_ $handler>], &$handler))+.into_routes()
        }
    };
}
pub(super) use routes;

#[derive(Default)]
pub(super) struct Operations {
    schemas: Vec<(String, RefOr<Schema>)>,
    paths: Paths,
    router: MethodRouter<ControlState, Infallible>,
}

impl Operations {
    pub(super) fn add<O, H, T>(mut self, _: O, handler: &H) -> Self
    where
        O: Path + for<'t> Tags<'t> + SchemaReferences,
        H: Handler<T, ControlState>,
        T: 'static,
    {
        for method in O::methods() {
            self.router = self.router.on(method.to_method_filter(), handler.clone());
        }
        let operation = if cfg!(test) { described::<O>(&mut self.schemas) } else { Operation::default() };
        self.paths.add_path_operation(O::path(), O::methods(), operation);
        self
    }

    pub(super) fn into_routes(self) -> UtoipaMethodRouter<ControlState> {
        (self.schemas, self.paths, self.router)
    }
}

fn described<O: Path + for<'t> Tags<'t> + SchemaReferences>(schemas: &mut Vec<(String, RefOr<Schema>)>) -> Operation {
    let mut operation = O::operation();
    O::schemas(schemas);
    let tags = O::tags();
    if !tags.is_empty() {
        operation.tags.get_or_insert_default().extend(tags.into_iter().map(str::to_owned));
    }
    operation
}

/// Marks routes whose operations store their response under the caller's `Idempotency-Key`: it is read and described
/// only there.
pub(super) fn idempotent(routes: UtoipaMethodRouter<ControlState>) -> UtoipaMethodRouter<ControlState> {
    let (schemas, paths, router) = routes;
    #[cfg(test)]
    let paths = super::openapi::generate::with_idempotency(paths);
    (schemas, paths, router.layer(Extension(Idempotent)))
}
