//! Where the demo's servers listen and keep their files: the wanted place if it is free, else another that is told; the
//! stand-in's is remembered, because a connected charity knows it by its address.

use super::say;
use anyhow::Context;
use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

/// Where the web server listens, unless the environment says otherwise.
const WEB_PORT: u16 = 8080;
/// Where the stand-in listens the first time, if nobody else does.
const SANDBOX_PORT: u16 = 8090;

/// A setting of the environment; one that is empty counts as absent.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// The `BIND_ADDRESS` to use: the wanted one, with another port if somebody listens there. One that is no address stays
/// as it is, to be refused with the other settings.
pub fn for_web_server() -> anyhow::Result<String> {
    let wanted = environment("BIND_ADDRESS").unwrap_or_else(|| format!("127.0.0.1:{WEB_PORT}"));
    let Ok(address) = wanted.parse::<SocketAddr>() else {
        return Ok(wanted);
    };
    Ok(free(address)?.to_string())
}

/// Where the stand-in's state is kept.
pub fn sandbox_state(var: &Path) -> PathBuf {
    var.join("sandbox").join("state")
}

/// The address the stand-in had before, or a new one, remembered from now on.
pub fn for_sandbox(var: &Path) -> anyhow::Result<SocketAddr> {
    let file = var.join("sandbox").join("port");
    let before: Option<u16> = fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, before.unwrap_or(SANDBOX_PORT)));
    let address = free(wanted)?;
    if before.is_some_and(|port| port != address.port()) {
        say("A Mailchimp account connected before is not found there any more: connect it again in the demo.");
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    fs::write(&file, address.port().to_string()).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(address)
}

/// Removes the stand-in's state and address.
pub fn forget_sandbox(var: &Path) -> anyhow::Result<()> {
    let folder = var.join("sandbox");
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

fn free(wanted: SocketAddr) -> anyhow::Result<SocketAddr> {
    match TcpListener::bind(wanted) {
        Ok(listener) => Ok(listener.local_addr()?),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let other = TcpListener::bind((wanted.ip(), 0))?.local_addr()?;
            say(&format!(
                "Somebody listens at {wanted} already: taking {other} instead."
            ));
            Ok(other)
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on {wanted}")),
    }
}
