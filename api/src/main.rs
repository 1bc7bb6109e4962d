//! The HTTP function.

use api::{App, Settings, gateway};
use aws::{Clients, EnvVars, LambdaContext, telemetry};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = EnvVars::of_process();
    telemetry::start(&environment);
    let clients = Clients::new(LambdaContext::new(&environment)?)?;
    let app = App::new(Settings::new(&environment)?, &clients);
    app.warm().await;
    let router = api::router(app);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<_>| {
        Ok::<_, Error>(gateway::answer(router.clone(), event.payload).await)
    }))
    .await
}
