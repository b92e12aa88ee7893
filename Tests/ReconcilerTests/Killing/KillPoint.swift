/// Where a life of the reconciler is ended.
enum KillPoint: CustomStringConvertible {
    /// The step of that number, from 1.
    case step(Int)
    /// The first step of that name.
    case first(String)

    /// As the driver takes it.
    var description: String {
        switch self {
        case .step(let number): "\(number)"
        case .first(let name): name
        }
    }
}
