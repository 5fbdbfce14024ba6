; The installer for Windows, made by Inno Setup 6 from a finished program (python -m tools.executables.make):
;   iscc /DVersion=0.1.0 tools\installers\windows\shelterlens.iss
;   iscc /DVersion=0.1.0 /DFull tools\installers\windows\shelterlens.iss
; For one user, without administrator's rights. What the user made stays when it is uninstalled.
; UNTESTED: there was no Windows to try it on. tests/test_tools_installers.py checks paths, kinds of files and languages.

#ifndef Version
  #error Say which version: iscc /DVersion=0.1.0
#endif
#ifdef Full
  #define Program "Shelterlens full"
  #define Id "Shelterlens.full"
  #define File "Shelterlens-full"
  #define Guid "{{8C0B6E0B-0B43-4B5E-9E50-7B8A0D9B1F52}"
#else
  #define Program "Shelterlens"
  #define Id "Shelterlens"
  #define File "Shelterlens"
  #define Guid "{{3D1B7C64-52A1-4E6B-8F0C-1D3E8A5B6C27}"
#endif
#define Root "..\..\.."
#define Exe Program + ".exe"

[Setup]
AppId={#Guid}
AppName={#Program}
AppVersion={#Version}
AppPublisher=Shelterlens
VersionInfoVersion={#Version}
DefaultDirName={autopf}\{#Program}
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0
LicenseFile={#Root}\LICENSE
SetupIconFile={#Root}\resources\icons\shelterlens.ico
UninstallDisplayIcon={app}\{#Exe}
OutputDir={#Root}\dist
OutputBaseFilename={#File}-{#Version}-windows-x86_64-setup
Compression=lzma2/max
SolidCompression=yes
WizardStyle=modern
CloseApplications=yes
ChangesAssociations=yes
ShowLanguageDialog=auto

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "fr"; MessagesFile: "compiler:Languages\French.isl"

[CustomMessages]
en.OpenFolder=Open with {#Program}
fr.OpenFolder=Ouvrir avec {#Program}
en.Photograph=Photograph
fr.Photograph=Photo
en.Model=Shelterlens model
fr.Model=Modèle de Shelterlens
en.Kept=Your settings, models and the library with what volunteers said stay in:%n%n%1%n%nDelete this folder if you do not need them any more.
fr.Kept=Vos réglages, vos modèles et la bibliothèque des réponses des bénévoles restent dans :%n%n%1%n%nSupprimez ce dossier si vous n’en avez plus besoin.

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; GroupDescription: "{cm:AdditionalIcons}"; Flags: unchecked

[InstallDelete]
; What an earlier version had and this one has not.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "{#Root}\dist\{#Program}\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[Icons]
Name: "{autoprograms}\{#Program}"; Filename: "{app}\{#Exe}"
Name: "{autodesktop}\{#Program}"; Filename: "{app}\{#Exe}"; Tasks: desktopicon

[Registry]
; "Open with" offers it for photographs; nothing is opened by it unless the user chooses so.
Root: HKA; Subkey: "Software\Classes\{#Id}.Photograph"; ValueType: string; ValueData: "{cm:Photograph}"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\{#Id}.Photograph\DefaultIcon"; ValueType: string; ValueData: "{app}\{#Exe},0"
Root: HKA; Subkey: "Software\Classes\{#Id}.Photograph\shell\open\command"; ValueType: string; ValueData: """{app}\{#Exe}"" ""%1"""
Root: HKA; Subkey: "Software\Classes\Applications\{#Exe}"; ValueType: string; ValueName: "FriendlyAppName"; ValueData: "{#Program}"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\{#Exe}\shell\open\command"; ValueType: string; ValueData: """{app}\{#Exe}"" ""%1"""
Root: HKA; Subkey: "Software\Classes\.jpg\OpenWithProgids"; ValueType: string; ValueName: "{#Id}.Photograph"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.jpeg\OpenWithProgids"; ValueType: string; ValueName: "{#Id}.Photograph"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.jpe\OpenWithProgids"; ValueType: string; ValueName: "{#Id}.Photograph"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.jfif\OpenWithProgids"; ValueType: string; ValueName: "{#Id}.Photograph"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.mpo\OpenWithProgids"; ValueType: string; ValueName: "{#Id}.Photograph"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.png\OpenWithProgids"; ValueType: string; ValueName: "{#Id}.Photograph"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.apng\OpenWithProgids"; ValueType: string; ValueName: "{#Id}.Photograph"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.webp\OpenWithProgids"; ValueType: string; ValueName: "{#Id}.Photograph"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.avif\OpenWithProgids"; ValueType: string; ValueName: "{#Id}.Photograph"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.heic\OpenWithProgids"; ValueType: string; ValueName: "{#Id}.Photograph"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.heif\OpenWithProgids"; ValueType: string; ValueName: "{#Id}.Photograph"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.hif\OpenWithProgids"; ValueType: string; ValueName: "{#Id}.Photograph"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.tif\OpenWithProgids"; ValueType: string; ValueName: "{#Id}.Photograph"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.tiff\OpenWithProgids"; ValueType: string; ValueName: "{#Id}.Photograph"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.bmp\OpenWithProgids"; ValueType: string; ValueName: "{#Id}.Photograph"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.gif\OpenWithProgids"; ValueType: string; ValueName: "{#Id}.Photograph"; Flags: uninsdeletevalue
; Folders: an entry in the menu of the right mouse button.
Root: HKA; Subkey: "Software\Classes\Directory\shell\{#Id}"; ValueType: string; ValueData: "{cm:OpenFolder}"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Directory\shell\{#Id}"; ValueType: string; ValueName: "Icon"; ValueData: "{app}\{#Exe},0"
Root: HKA; Subkey: "Software\Classes\Directory\shell\{#Id}\command"; ValueType: string; ValueData: """{app}\{#Exe}"" ""%1"""
; Models are its own.
Root: HKA; Subkey: "Software\Classes\.shelterlens"; ValueType: string; ValueData: "{#Id}.Model"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\{#Id}.Model"; ValueType: string; ValueData: "{cm:Model}"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\{#Id}.Model\DefaultIcon"; ValueType: string; ValueData: "{app}\{#Exe},0"
Root: HKA; Subkey: "Software\Classes\{#Id}.Model\shell\open\command"; ValueType: string; ValueData: """{app}\{#Exe}"" ""%1"""

[Run]
Filename: "{app}\{#Exe}"; Description: "{cm:LaunchProgram,{#Program}}"; Flags: nowait postinstall skipifsilent

[Code]
procedure CurUninstallStepChanged(Step: TUninstallStep);
var
  Kept: String;
begin
  Kept := ExpandConstant('{localappdata}\Shelterlens');
  if (Step = usPostUninstall) and DirExists(Kept) and not UninstallSilent then
    MsgBox(FmtMessage(CustomMessage('Kept'), [Kept]), mbInformation, MB_OK);
end;
