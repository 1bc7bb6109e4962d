//! The local stage on the shared stack.

use std::process::Command;

use tests::Stack;
use tests::stack::repository;

#[test]
fn local_has_nothing_to_change() {
    let stack = Stack::exclusive();
    let info = &stack.info;
    let architecture = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x86_64"
    };
    let plan = Command::new("terraform")
        .arg(format!(
            "-chdir={}",
            repository().join("terraform/stages/local").display()
        ))
        .args([
            "plan",
            "-input=false",
            "-no-color",
            "-lock=false",
            "-detailed-exitcode",
        ])
        .env("TF_DATA_DIR", info.state.join("terraform/data"))
        .env("CHECKPOINT_DISABLE", "1")
        .env("TF_VAR_emulator_url", &info.aws_endpoint_url)
        .env("TF_VAR_transcoder_url", &info.transcoder_url)
        .env("TF_VAR_engine", &info.engine)
        .env("TF_VAR_functions_dir", repository().join(".local/functions"))
        .env("TF_VAR_architecture", architecture)
        .env(
            "TF_VAR_log_level",
            std::env::var("LOG_LEVEL")
                .or_else(|_| std::env::var("RUST_LOG"))
                .unwrap_or_else(|_| "info".to_owned()),
        )
        .output()
        .expect("terraform is installed");
    let text = String::from_utf8_lossy(&plan.stdout);
    let changes: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("  # "))
        .filter(|line| line.contains(" will be ") || line.contains(" must be "))
        .collect();
    assert_eq!(
        changes,
        Vec::<&str>::new(),
        "an apply must leave nothing to change\n{text}"
    );
    let errors = String::from_utf8_lossy(&plan.stderr);
    assert!(plan.status.success(), "{:?}\n{text}{errors}", plan.status);
}
