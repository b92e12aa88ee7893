import ArgumentParser

/// A time on the command line, as in the configuration: `250ms`, `15s`, `10m`, `1h`.
struct Timeout: ExpressibleByArgument, CustomStringConvertible {
    let duration: Duration

    init(duration: Duration) {
        self.duration = duration
    }

    init?(argument: String) {
        guard let duration = Duration(setting: argument) else { return nil }
        self.duration = duration
    }

    /// As help shows the default.
    var description: String {
        let seconds = duration.components.seconds
        return seconds > 0 && seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s"
    }
}
