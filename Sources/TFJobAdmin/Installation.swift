import Crypto
import Foundation
import Platform
import Reconciler

/// The name by which this service knows its own objects on a cluster that others use too.
enum Installation {
    /// The configured name; else the one in the state folder; else one that follows from the repository, so that it is the same again
    /// where the state folder was lost.
    static func name(_ settings: Settings, in state: URL) throws(StartError) -> String {
        if let name = settings.installation { return name }
        let file = state.appendingPathComponent("installation")
        if let text = try? String(contentsOf: file, encoding: .utf8) {
            let name = text.trimmingCharacters(in: .whitespacesAndNewlines)
            if !name.isEmpty { return name }
        }
        let name = derived(from: settings)
        do throws(PlatformError) {
            try DurableFile.write(Array("\(name)\n".utf8), to: file.path)
        } catch {
            throw StartError("\(file.path) can't be written: \(error)")
        }
        return name
    }

    private static func derived(from settings: Settings) -> String {
        // A path means another repository on another machine.
        let place: String
        switch settings.repository {
        case .local: place = "\(ProcessInfo.processInfo.hostName) \(settings.repository)"
        case .remote: place = settings.repository.description
        }
        let digest = SHA256.hash(data: Data("\(place) \(settings.branch)".utf8))
        return digest.prefix(6).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
