# Defines the target programs: every app for the board native, ready to flash, with the records that the host reads
# (host/tinyhost/boards/packaged.py). What a wheel brings for computers without a compiler; PlatformIO builds the same
# sources by the options in platformio.ini, whose build ids these programs have.
#     PROGRAMS_FOLDER: gets <app>-native.bin and <app>-native.json

set(NATIVE_OPTIONS -UNDEBUG -fno-exceptions -fno-rtti -fno-threadsafe-statics -ffunction-sections -fdata-sections)
if(APPLE)
  set(NATIVE_LINK_OPTIONS -Wl,-dead_strip)
else()  # libstdc++ is part of the program: a computer without a compiler may have an older one
  set(NATIVE_LINK_OPTIONS -Wl,--gc-sections -s -static-libstdc++ -static-libgcc)
endif()

file(GLOB board_sources CONFIGURE_DEPENDS boards/virtual/*.cpp boards/native/*.cpp)
add_library(tinyhost_native_board OBJECT ${board_sources})
target_include_directories(tinyhost_native_board PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}")
target_compile_options(tinyhost_native_board PRIVATE ${NATIVE_OPTIONS})
target_link_libraries(tinyhost_native_board PUBLIC
  tinyhost_device tinyhost_vision tinyhost_kws tinyhost_anomaly tinyhost_gestures tinyhost_drivers tinyhost_mlperf)

foreach(library IN ITEMS device kws mlperf)  # which the extension does not have
  target_compile_options(tinyhost_${library} PRIVATE ${NATIVE_OPTIONS})
endforeach()

add_custom_target(programs ALL)
file(GLOB apps RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}/apps" CONFIGURE_DEPENDS apps/*)
foreach(app IN LISTS apps)
  execute_process(
    COMMAND "${Python_EXECUTABLE}" platform/build_id.py "${CMAKE_CURRENT_SOURCE_DIR}/.." "${app}_native"
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
    COMMAND_ERROR_IS_FATAL ANY
    OUTPUT_VARIABLE identity)
  list(GET identity 0 build_id)
  list(GET identity 1 version)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS apps/${app}/*.cpp)
  add_executable(${app}_native boards/identity.cpp ${sources})
  target_compile_options(${app}_native PRIVATE ${NATIVE_OPTIONS})
  target_compile_definitions(${app}_native PRIVATE
    TINYHOST_BUILD_ID="${build_id}" TINYHOST_FIRMWARE_VERSION="${version}")
  target_link_libraries(${app}_native PRIVATE tinyhost_native_board)
  target_link_options(${app}_native PRIVATE ${NATIVE_LINK_OPTIONS})
  set(program "${PROGRAMS_FOLDER}/${app}-native.bin")
  add_custom_command(
    OUTPUT "${program}"
    DEPENDS ${app}_native platform/program_record.py
    COMMAND "${CMAKE_COMMAND}" -E copy "$<TARGET_FILE:${app}_native>" "${program}"
    COMMAND "${Python_EXECUTABLE}" "${CMAKE_CURRENT_SOURCE_DIR}/platform/program_record.py"
      "${program}" ${app} native ${build_id} "${CMAKE_CXX_COMPILER}"
    VERBATIM)
  add_custom_target(${app}_program DEPENDS "${program}")
  add_dependencies(programs ${app}_program)
endforeach()
