import Foundation
import HTTPTypes
import Jobs

/// The path of a request, split before it is decoded: `%2F` is a slash within a name and separates nothing.
struct RequestPath: Hashable, Sendable {
    /// The decoded names between the slashes; none for the root. One slash at the end makes no difference.
    let segments: [String]

    /// Splits and decodes a path.
    ///
    /// - Throws: ``Problem`` with 400 if a name is not percent-encoded UTF-8.
    init(_ path: String) throws(Problem) {
        guard path.hasPrefix("/") else {
            throw .badRequest("the path \(path.quoted) does not begin with a slash; write /api/ping, say")
        }
        var names = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        if names.last == "" {
            names.removeLast()
        }
        var segments: [String] = []
        for name in names {
            guard let segment = name.removingPercentEncoding else {
                throw .badRequest(
                    "\(String(name).quoted) in the path is not percent-encoded UTF-8; write % as %25 and every other byte as %XX"
                )
            }
            segments.append(segment)
        }
        self.segments = segments
    }
}

/// The values of the names in a route's template.
///
/// A name that the template lacks is empty; `RouteTests` checks that each row uses names of its own template alone.
struct PathParameters: Hashable, Sendable {
    private(set) var values: [String: String] = [:]

    var cluster: String { values["cid", default: ""] }
    var partition: String { values["partition", default: ""] }
    var id: String { values["id", default: ""] }
    var commit: String { values["sha", default: ""] }
    /// The number of a run; nil if the path has something else in its place.
    var run: Int? { values["n"].flatMap(Int.init).flatMap { (1...Int(Int32.max)).contains($0) ? $0 : nil } }
    var forge: Forge? { values["forge"].flatMap(Forge.init) }

    var key: JobKey { JobKey(cluster: cluster, partition: partition, id: id) }

    /// Takes the values from a path; nil if the path does not fit the template.
    init?(of path: RequestPath, by template: [Substring]) {
        guard path.segments.count == template.count else { return nil }
        for (value, part) in zip(path.segments, template) {
            if part.hasPrefix("{") {
                values[String(part.dropFirst().dropLast())] = value
            } else if !Self.spellings(of: part).contains(value) {
                return nil
            }
        }
        guard values["forge"] == nil || forge != nil else { return nil }
    }

    private static func spellings(of part: Substring) -> [String] {
        if APIVersion(rawValue: String(part)) != nil { return APIVersion.allCases.map(\.rawValue) }
        return APIVersion.resources.contains(String(part)) ? APIVersion.resources : [String(part)]
    }

    /// Explains the first name that no cluster, partition or job can have; nil if all names are possible.
    var labelFault: String? {
        let labels = [
            ("cid", "cluster", JobPath.longestLabel), ("partition", "partition", JobPath.longestLabel),
            ("id", "job id", JobPath.longestID),
        ]
        for (name, kind, limit) in labels {
            guard let value = values[name] else { continue }
            if let fault = JobPath.labelFault(value, limit: limit) {
                return "the \(kind) \(value.quoted) \(fault)"
            }
        }
        return nil
    }
}

/// The result of looking up a path. Only the path decides: an unknown path is 404 for every method, and a known one is 405 for
/// every method except its own.
enum RouteMatch: Sendable {
    case found(Route, PathParameters)
    /// The path has a route's form, and a name that nothing of its kind can have. The sentence explains the name.
    case misnamed(String)

    /// Finds the route of a path; nil if there is none.
    init?(_ path: RequestPath) {
        for (route, segments) in Self.templates {
            guard let parameters = PathParameters(of: path, by: segments) else { continue }
            self = parameters.labelFault.map(Self.misnamed) ?? .found(route, parameters)
            return
        }
        return nil
    }

    private static let templates = Route.table.map { ($0, $0.segments) }

    /// Whether the path is that of a route that reads a request's body.
    static func readsBody(_ path: String) -> Bool {
        let path = path.prefix { $0 != "?" && $0 != "#" }
        guard let path = try? RequestPath(String(path)), case .found(let route, _) = RouteMatch(path) else {
            return false
        }
        return route.method == .post
    }

    var need: Need {
        switch self {
        case .found(let route, _): route.need
        case .misnamed: .signedIn
        }
    }
}
