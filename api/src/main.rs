//! The HTTP function.

use api::{ApiSettings, App, gateway};
use aws::{Clients, EnvVars, LambdaContext, Metrics, telemetry};
use lambda_http::lambda_runtime::{self, Error, LambdaEvent};
use lambda_http::service_fn;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = EnvVars::of_process();
    telemetry::start(&environment);
    let clients = Clients::new(LambdaContext::new(&environment)?)?;
    let app = App::new(
        ApiSettings::new(&environment)?,
        &clients,
        Metrics::new(&environment)?,
    );
    app.warm().await;
    let router = api::router(app);
    lambda_runtime::run(service_fn(|event: LambdaEvent<_>| {
        gateway::reply(router.clone(), event)
    }))
    .await
}
